package config

// Plan is how a run uses the machine. It is decided before the TensorFlow
// library is loaded, because the library reads part of it only then.
type Plan struct {
	// Threads is the number of threads inside one TensorFlow op.
	Threads int `json:"threads"`
	// Branches runs two ops at the same time where neither needs the other: in a
	// backward pass a layer's gradient by its kernel, and that by its input.
	Branches bool `json:"branches,omitempty"`
	// OneDNN turns TensorFlow's oneDNN kernels on.
	OneDNN bool `json:"onednn"`
	// Groups is the number of groups of replicas that train at the same time.
	Groups int `json:"groups"`
	// Overlap measures an epoch while the next one trains.
	Overlap bool `json:"overlap"`
	// Towers is on how many workers of a cluster a gradient tower each computes its
	// share of a batch; 0 for a run without.
	Towers int `json:"towers,omitempty"`
}

// largeStep is the number of multiplications in one training step above which an
// op uses several threads. The tutorial's models make thousands and run fastest
// with one, because handing over costs more than the arithmetic; layers of 1024
// units make billions and run fastest with all (docs/benchmarks.md). The bound lies
// between, by estimate.
const largeStep = 20_000_000

// largeProduct is the number of multiplications of one matrix product above which it
// is worth all threads by itself. Below, oneDNN has a product whose matrices fit into
// the cores' second-level caches on one thread whatever there is, and a step runs faster
// as two branches on half the threads each (docs/benchmarks.md).
const largeProduct = 100_000_000

// branchCores is how many cores two branches need.
const branchCores = 2

// SmallProduct is the number of multiplications of one matrix product up to which
// TensorFlow's batched product goes through its matrices one after the other by
// Eigen's kernel (kMaxCostOuterParallelism in batch_matmul_op_impl.h). Above it each
// is handed to the kernel for large ones, which for narrow matrices costs twice as
// much. oneDNN's kernels are faster above it, and slower below, where setting up
// costs more than the arithmetic.
const SmallProduct = 128 * 128

// A group can use two cores: one trains, the other measures. groupReplicas is the least
// number of replicas for which a group pays: with fewer, a step's fixed cost, which all
// replicas of a graph share, is larger than their own.
const (
	groupCores    = 2
	groupReplicas = 8
)

// Plan returns how to run on that many cores.
func (r *Run) Plan(cores int) Plan {
	large := r.Large()
	plan := Plan{Threads: r.Threads, OneDNN: large || r.largestProduct() > SmallProduct || r.Precision == Bfloat16, Groups: 1}
	if !large && !r.Stream { // all replicas of a stream see the same batches
		plan.Groups = max(1, min(cores/groupCores, r.Repeats/groupReplicas))
	}
	switch {
	case plan.Threads > 0:
		plan.Branches = large && plan.Threads > 1
	case large:
		plan.Threads, plan.Branches = max(cores, 1), cores >= branchCores
		if plan.Branches && r.largestProduct() < largeProduct {
			plan.Threads = cores / branchCores
		}
	default:
		plan.Threads = 1
	}
	plan.Overlap = cores >= groupCores
	return plan
}

// Large reports whether the ops of a training step are so large that several threads make
// them faster.
func (r *Run) Large() bool { return r.stepProducts() > largeStep }

// largestProduct returns the multiplications of the largest matrix product of one
// replica's step.
func (r *Run) largestProduct() float64 {
	largest := 0.0
	for i := 1; i < len(r.Layers); i++ {
		largest = max(largest, float64(r.Layers[i-1]+1)*float64(r.Layers[i]+1))
	}
	return largest * float64(r.BatchSize)
}

// stepProducts estimates the multiplications of a training step: three matrix
// products a layer (forward, and backward to the kernel and to the input), for
// each row of the batch and each replica. The first layer is taken as narrow.
func (r *Run) stepProducts() float64 {
	products := 0.0
	for i := 1; i < len(r.Layers); i++ {
		products += 3 * float64(r.Layers[i-1]) * float64(r.Layers[i])
	}
	return products * float64(r.BatchSize) * float64(r.Repeats)
}
