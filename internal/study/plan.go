package study

import (
	"cmp"
	"container/heap"
	"slices"
)

// Load is the work of training one configuration.
type Load struct {
	// BatchKey is equal for configurations that one graph can train side by side.
	BatchKey string
	Replicas int // at least 1
	// Cost is the time that the configuration takes by itself, in seconds or another unit
	// that all loads share.
	Cost float64
}

// Task is the configurations that one graph trains side by side.
type Task struct {
	Configurations []int // indices of the loads, rising
	Replicas       int   // of all of them together
	Cost           float64
}

// fullGraph is the number of replicas from which on a graph has little left to
// share. A step of a small model is mostly the fixed cost of starting its ops,
// which all replicas of a graph share: thirty cost two to four times one, which
// fullGraph + replicas, in some unit, describes. At 16 half of a step is the
// replicas' own arithmetic, and more of them can no longer save as much again.
const fullGraph = 16

// Plan divides the loads into tasks and orders these by falling cost, so that no long task
// is left for the end, when the other cores are idle.
//
// Loads of one batch key are merged until each task has at least 16 replicas, in
// parts as even as possible; a load that has as many is a task of its own, and none is
// split. But no core should be without a task: while there are fewer tasks than cores,
// the costliest merged one is divided. So 20 loads of one replica are a task of 20 on one
// core and two tasks of 10 on two.
func Plan(loads []Load, cores int) []Task {
	loads = slices.Clone(loads)
	for i := range loads {
		loads[i].Replicas = max(loads[i].Replicas, 1) // so that no task is left empty
	}
	groups := groupLoads(loads)
	count := 0
	for _, g := range groups {
		count += len(g.tasks)
	}
	for count < cores {
		widest := costliest(groups)
		if widest == nil {
			break // every load is a task
		}
		widest.divide(loads, len(widest.tasks)+1)
		count++
	}
	var tasks []Task
	for _, g := range groups {
		tasks = append(tasks, g.tasks...)
	}
	slices.SortStableFunc(tasks, func(a, b Task) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), a.Configurations[0]-b.Configurations[0])
	})
	return tasks
}

// group is the loads that may share graphs.
type group struct {
	members []int // indices of the loads, by falling replicas
	tasks   []Task
}

// groupLoads groups the loads by batch key, each group in as many tasks as can have
// fullGraph replicas; a load with as many is a group of its own.
func groupLoads(loads []Load) []*group {
	var groups []*group
	groupOf := make(map[string]*group)
	for i, load := range loads {
		g := groupOf[load.BatchKey]
		if g == nil || load.Replicas >= fullGraph {
			g = &group{}
			groups = append(groups, g)
		}
		if load.Replicas < fullGraph {
			groupOf[load.BatchKey] = g
		}
		g.members = append(g.members, i)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.members, func(a, b int) int { return loads[b].Replicas - loads[a].Replicas })
		for parts := g.fullGraphs(loads); ; parts-- {
			g.divide(loads, parts)
			if parts == 1 || !slices.ContainsFunc(g.tasks, func(t Task) bool { return t.Replicas < fullGraph }) {
				break
			}
		}
	}
	return groups
}

// fullGraphs returns how many tasks of fullGraph replicas or more the group can
// be cut into, at least 1.
func (g *group) fullGraphs(loads []Load) int {
	tasks, replicas := 0, 0
	for _, i := range g.members {
		replicas += loads[i].Replicas
		if replicas >= fullGraph {
			tasks++
			replicas = 0
		}
	}
	return max(tasks, 1)
}

// divide makes that many tasks of the group, at most one a member: each load,
// the largest first, goes to the task with the fewest replicas.
func (g *group) divide(loads []Load, parts int) {
	tasks := make(byReplicas, parts)
	for _, i := range g.members {
		least := &tasks[0]
		least.Configurations = append(least.Configurations, i)
		least.Replicas += loads[i].Replicas
		heap.Fix(&tasks, 0)
	}
	for t := range tasks {
		slices.Sort(tasks[t].Configurations)
		tasks[t].Cost = mergedCost(loads, tasks[t].Configurations)
	}
	g.tasks = tasks
}

// byReplicas is a heap with the smallest task on top.
type byReplicas []Task

func (b byReplicas) Len() int           { return len(b) }
func (b byReplicas) Less(i, j int) bool { return b[i].Replicas < b[j].Replicas }
func (b byReplicas) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

// Push is never called: the number of tasks is fixed.
func (b byReplicas) Push(any) {}

// Pop is never called either.
func (b byReplicas) Pop() any { return nil }

// mergedCost returns what the loads cost in one graph: the fixed cost once, the
// replicas' own costs together.
func mergedCost(loads []Load, members []int) float64 {
	fixed, own := 0.0, 0.0
	for _, i := range members {
		replica := loads[i].Cost / float64(fullGraph+loads[i].Replicas)
		fixed = max(fixed, fullGraph*replica)
		own += float64(loads[i].Replicas) * replica
	}
	return fixed + own
}

// costliest returns the group with the costliest task among those that can be
// divided further, or nil.
func costliest(groups []*group) *group {
	var found *group
	most := 0.0
	for _, g := range groups {
		if len(g.tasks) == len(g.members) {
			continue
		}
		cost := slices.MaxFunc(g.tasks, func(a, b Task) int { return cmp.Compare(a.Cost, b.Cost) }).Cost
		if found == nil || cost > most {
			found, most = g, cost
		}
	}
	return found
}
