package study

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// same returns n loads of a key with that many replicas, whose cost is that of
// the model in fullGraph's comment.
func same(n int, key string, replicas int) []Load {
	return slices.Repeat([]Load{{key, replicas, float64(fullGraph + replicas)}}, n)
}

func TestPlan(t *testing.T) {
	for _, test := range []struct {
		name  string
		loads []Load
		cores int
		want  []int // replicas of the tasks, in order
	}{
		{"nothing", nil, 2, nil},
		{"one", same(1, "a", 1), 2, []int{1}},
		{"merged on one core", same(20, "a", 1), 1, []int{20}},
		{"a task for each core", same(20, "a", 1), 2, []int{10, 10}},
		{"more cores than configurations", same(3, "a", 5), 8, []int{5, 5, 5}},
		{"full graphs", same(48, "a", 1), 2, []int{16, 16, 16}},
		{"the rest is spread", same(50, "a", 1), 2, []int{17, 17, 16}},
		{"full configurations stay alone", same(3, "a", 16), 1, []int{16, 16, 16}},
		{"full ones among others", slices.Concat(same(2, "a", 8), same(1, "a", 30), same(2, "a", 8)), 1, []int{30, 16, 16}},
		{"keys apart", slices.Concat(same(4, "a", 2), same(4, "b", 1)), 1, []int{8, 4}},
		{"the costliest is divided", slices.Concat(same(10, "a", 1), same(10, "b", 2)), 3, []int{10, 10, 10}},
		{"never split", slices.Concat(same(1, "a", 30), same(2, "b", 2)), 3, []int{30, 2, 2}},
		{"too few for two full graphs", same(3, "a", 15), 1, []int{45}},
		{"no core", same(20, "a", 1), 0, []int{20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			for _, task := range Plan(test.loads, test.cores) {
				got = append(got, task.Replicas)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanOrder(t *testing.T) {
	loads := []Load{{"a", 20, 1}, {"b", 20, 5}, {"c", 20, 1}, {"d", 20, 3}}
	got := Plan(loads, 1)
	want := []Task{{[]int{1}, 20, 5}, {[]int{3}, 20, 3}, {[]int{0}, 20, 1}, {[]int{2}, 20, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMergedCost checks that merging saves the fixed cost and no more.
func TestMergedCost(t *testing.T) {
	for _, test := range []struct {
		name  string
		loads []Load
		want  float64
	}{
		{"one", []Load{{"a", 1, 17}}, 17},
		{"16 alike", same(16, "a", 1), 32},
		{"of several sizes", []Load{{"a", 4, 20}, {"a", 8, 24}}, 28},
		{"a slow one", []Load{{"a", 1, 17}, {"a", 1, 34}}, 35},
	} {
		t.Run(test.name, func(t *testing.T) {
			tasks := Plan(test.loads, 1)
			if len(tasks) != 1 || tasks[0].Cost != test.want {
				t.Errorf("got %v, want one task of cost %g", tasks, test.want)
			}
		})
	}
}

// TestPlanRules plans many mixed studies and checks what holds for all.
func TestPlanRules(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for trial := range 500 {
		loads := make([]Load, 1+random.IntN(60))
		for i := range loads {
			loads[i] = Load{fmt.Sprint(random.IntN(4)), 1 + random.IntN(20), random.Float64()}
		}
		cores := 1 + random.IntN(8)
		if problem := brokenRule(loads, cores, Plan(loads, cores)); problem != "" {
			t.Errorf("trial %d: %s", trial, problem)
		}
	}
}

// brokenRule tells which rule of Plan the tasks break.
func brokenRule(loads []Load, cores int, tasks []Task) string {
	seen := make([]bool, len(loads))
	small := make(map[string]int) // tasks of a key that are not full
	for i, task := range tasks {
		if i > 0 && task.Cost > tasks[i-1].Cost {
			return fmt.Sprintf("task %d costs more than the one before", i)
		}
		replicas := 0
		for _, c := range task.Configurations {
			if seen[c] {
				return fmt.Sprintf("load %d is there twice", c)
			}
			seen[c] = true
			replicas += loads[c].Replicas
			if loads[c].BatchKey != loads[task.Configurations[0]].BatchKey {
				return fmt.Sprintf("task %d has two keys", i)
			}
			if loads[c].Replicas >= fullGraph && len(task.Configurations) > 1 {
				return fmt.Sprintf("load %d is full and not alone", c)
			}
		}
		if replicas != task.Replicas {
			return fmt.Sprintf("task %d has %d replicas, not %d", i, replicas, task.Replicas)
		}
		if replicas < fullGraph {
			small[loads[task.Configurations[0]].BatchKey]++
		}
	}
	if i := slices.Index(seen, false); i >= 0 {
		return fmt.Sprintf("load %d is missing", i)
	}
	if len(tasks) < min(cores, len(loads)) {
		return fmt.Sprintf("%d tasks for %d loads on %d cores", len(tasks), len(loads), cores)
	}
	for key, n := range small {
		if n > 1 && len(tasks) > cores {
			return fmt.Sprintf("key %s: %d tasks are not full, though the cores have enough", key, n)
		}
	}
	return ""
}

// TestPlanOfLargestGrid is about time: a study of 100,000 configurations must not
// wait for its plan.
func TestPlanOfLargestGrid(t *testing.T) {
	start := time.Now()
	tasks := Plan(same(MaxConfigurations, "a", 1), 64)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%v: want a moment", took)
	}
	if len(tasks) != MaxConfigurations/fullGraph {
		t.Errorf("got %d tasks", len(tasks))
	}
}

func ExamplePlan() {
	var loads []Load
	for range 20 { // learning rates, say: one graph trains them all
		loads = append(loads, Load{BatchKey: "relu 5x5", Replicas: 1, Cost: 0.5})
	}
	loads = append(loads, Load{BatchKey: "relu 20x5", Replicas: 30, Cost: 4})
	for _, task := range Plan(loads, 3) {
		fmt.Printf("%d configurations, %d replicas\n", len(task.Configurations), task.Replicas)
	}
	// Output:
	// 1 configurations, 30 replicas
	// 10 configurations, 10 replicas
	// 10 configurations, 10 replicas
}
