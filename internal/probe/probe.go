// Package probe tells whether the inputs of a data set say anything about its target, by
// two methods that have nothing to set: the mean of the nearest neighbours, and a linear
// model. A verdict compares a neural network with them. They look at few rows, so that
// they cost far less than a training run.
//
//	result := probe.Look(train, test, classes)
//	if !result.Finds() { ... } // they find nothing
package probe

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/dataset"
	"gradwatch/internal/numeric"
)

// Result is what the two methods reach on test rows.
type Result struct {
	TrainRows int `json:"train-rows"` // that were looked at
	TestRows  int `json:"test-rows"`
	Inputs    int `json:"inputs"`
	// Guess is the share of these test rows that are of the training rows' largest class;
	// 0 in a regression.
	Guess     float64 `json:"guess-accuracy"`
	Neighbors Score   `json:"neighbors"`
	Linear    Score   `json:"linear"`
	// Within is what the better of the two reaches on every other training row, from the rest: more than on the test
	// rows where these are drawn differently.
	Within Score `json:"within"`
	// Recalls are, for each class, the largest share of its rows that the better of the two can tell from the others with
	// a precision half-way from the class's share to 1: near 0 of a class whose rows nothing sets apart.
	Recalls []float64 `json:"recalls,omitempty"`
}

// Score is what a method reaches on the test rows.
type Score struct {
	// Accuracy is the share of rows that it classifies right; 0 in a regression.
	Accuracy float64 `json:"accuracy"`
	// Explained is the part of the squared error of guessing (the classes' shares, or the
	// mean) that it takes away: 1 for a perfect one, 0 for one that guesses.
	Explained float64 `json:"explained"`
	// Sigmas is by how many standard errors it is better than guessing: by the squared error or, of two classes, by
	// how often a row of class 1 gets a larger value than one of class 0, which sees more of a rare class.
	Sigmas float64 `json:"sigmas"`
}

// Certain is from how many standard errors on a method has found something: by chance one of
// the two does so in about 1 of 100 data sets that hold nothing.
const Certain = 2.5

// Finds reports whether either method is better than guessing on the test rows, beyond chance.
func (r *Result) Finds() bool { return r.Best().Sigmas >= Certain }

// Enough reports whether there are so many training rows that finding nothing says something.
func (r *Result) Enough() bool {
	const least, perInput = 100, 2
	return r.TrainRows >= max(least, perInput*r.Inputs)
}

// FindsWithin reports whether either is among the training rows.
func (r *Result) FindsWithin() bool { return r.Within.Sigmas >= Certain }

// Best returns the better of the two.
func (r *Result) Best() Score {
	if r.Linear.Explained > r.Neighbors.Explained {
		return r.Linear
	}
	return r.Neighbors
}

const (
	maxTrain, maxTest = 1000, 500
	// maxWork bounds the multiplications of the distances: about half a second.
	maxWork = 3e8
	// neighbors is how many vote: few enough for a curved boundary, enough for noise.
	neighbors = 15
)

// Look tries both methods. classes is their number; 0 in a regression. Rows are taken evenly
// spaced. Nil where there are too few rows to say anything, or inputs that are not finite.
func Look(train, test *dataset.Examples, classes int) *Result {
	const least = 20 // rows
	shrink := min(1, math.Sqrt(maxWork/(maxTrain*maxTest*float64(max(1, train.Features())))))
	train, test = train.Spaced(max(least, int(maxTrain*shrink))), test.Spaced(max(least, int(maxTest*shrink)))
	if train.Len() < least || test.Len() < least || train.Features() == 0 {
		return nil
	}
	r := try(train, test, classes)
	if r == nil {
		return nil
	}
	half := &dataset.Examples{Columns: train.Columns}
	rest := &dataset.Examples{Columns: train.Columns}
	for i := range train.Len() {
		to := half
		if i%2 == 1 {
			to = rest
		}
		to.X, to.Y = append(to.X, train.Row(i)...), append(to.Y, train.Y[i])
	}
	if within := try(half, rest, classes); within != nil {
		r.Within = within.Best()
	}
	return r
}

// try tries both methods on all rows; nil where inputs are not finite.
func try(train, test *dataset.Examples, classes int) *Result {
	x, z := standardized(train, test)
	if x == nil {
		return nil
	}
	y, want := targets(train, classes), targets(test, classes)
	guess := make([]float64, y.RawMatrix().Cols) // the means of the training rows
	for k := range guess {
		guess[k] = stat.Mean(mat.Col(nil, k, y), nil)
	}
	r := &Result{TrainRows: train.Len(), TestRows: test.Len(), Inputs: train.Features()}
	constant := mat.NewDense(test.Len(), len(guess), nil)
	for i := range test.Len() {
		constant.SetRow(i, guess)
	}
	if classes > 0 {
		r.Guess = accuracy(constant, want)
	}
	neighbors, linear := vote(x, y, z, guess), linear(x, y, z, guess)
	r.Neighbors, r.Linear = score(neighbors, want, constant, classes), score(linear, want, constant, classes)
	for k := range classes {
		class := mat.Col(nil, k, want)
		r.Recalls = append(r.Recalls, max(recall(mat.Col(nil, k, neighbors), class), recall(mat.Col(nil, k, linear), class)))
	}
	return r
}

// recall returns the largest share of a class's rows whose values are above a bound above which the precision is half-way
// from the class's share to 1; 0 of a class without rows.
func recall(values, class []float64) float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	all := floats.Sum(class)
	precision := (1 + all/float64(len(class))) / 2
	right, most := 0.0, 0.0
	for i, row := range order {
		right += class[row]
		isBound := i == len(order)-1 || values[order[i+1]] < values[row] // equal values are on one side of it
		if isBound && right >= precision*float64(i+1) {
			most = right
		}
	}
	return most / max(1, all)
}

// standardized returns the inputs of both with the training rows' mean 0 and variance 1;
// nil where they are not finite.
func standardized(train, test *dataset.Examples) (x, z *mat.Dense) {
	f := train.Features()
	x, z = mat.NewDense(train.Len(), f, slices.Clone(train.X)), mat.NewDense(test.Len(), f, slices.Clone(test.X))
	for j := range f {
		mean, std := stat.PopMeanStdDev(mat.Col(nil, j, x), nil)
		if std == 0 {
			std = 1
		}
		for _, m := range []*mat.Dense{x, z} {
			rows, _ := m.Dims()
			for i := range rows {
				m.Set(i, j, (m.At(i, j)-mean)/std)
			}
		}
	}
	if !numeric.Finite(mat.Sum(x)) || !numeric.Finite(mat.Sum(z)) {
		return nil, nil
	}
	return x, z
}

// targets returns [row, class], 1 for a row's class, else 0; of a regression [row, 1].
func targets(p *dataset.Examples, classes int) *mat.Dense {
	if classes == 0 {
		return mat.NewDense(p.Len(), 1, slices.Clone(p.Y))
	}
	y := mat.NewDense(p.Len(), classes, nil)
	for i, class := range p.Y {
		y.Set(i, int(class), 1)
	}
	return y
}

// vote predicts the mean over the nearest training rows, and the guess as one more of them.
func vote(x, y, z *mat.Dense, guess []float64) *mat.Dense {
	n, _ := x.Dims()
	m, _ := z.Dims()
	k := min(neighbors, max(1, n/10))
	predicted := mat.NewDense(m, len(guess), nil)
	distances, order := make([]float64, n), make([]int, n)
	for i := range m {
		for j := range n {
			distances[j], order[j] = squared(z.RawRowView(i), x.RawRowView(j)), j
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(distances[a], distances[b]), a-b) })
		row := predicted.RawRowView(i)
		copy(row, guess)
		for _, j := range order[:k] {
			floats.Add(row, y.RawRowView(j))
		}
		floats.Scale(1/float64(k+1), row)
	}
	return predicted
}

func squared(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}

// linear predicts by least squares with a penalty (ridge regression): in the form of the
// smaller of the two systems of equations, inputs or rows.
func linear(x, y, z *mat.Dense, guess []float64) *mat.Dense {
	n, f := x.Dims()
	centred := mat.DenseCopyOf(y)
	for i := range n {
		floats.Sub(centred.RawRowView(i), guess)
	}
	penalty := float64(f) // as if half of the target's variance were noise
	var gram, weights mat.Dense
	if f <= n {
		gram.Mul(x.T(), x)
	} else {
		gram.Mul(x, x.T())
	}
	size, _ := gram.Dims()
	for i := range size {
		gram.Set(i, i, gram.At(i, i)+penalty)
	}
	var right mat.Dense
	if f <= n {
		right.Mul(x.T(), centred)
	} else {
		right.CloneFrom(centred)
	}
	_ = weights.Solve(&gram, &right) // the penalty keeps it from being singular
	if f > n {
		var primal mat.Dense
		primal.Mul(x.T(), &weights)
		weights.CloneFrom(&primal)
	}
	var predicted mat.Dense
	predicted.Mul(z, &weights)
	m, _ := z.Dims()
	for i := range m {
		floats.Add(predicted.RawRowView(i), guess)
	}
	return &predicted
}

// score compares predictions with guessing the constant.
func score(predicted, want, constant *mat.Dense, classes int) Score {
	m, _ := want.Dims()
	gains := make([]float64, m) // of each row's squared error
	all := 0.0
	for i := range m {
		guessed := squared(constant.RawRowView(i), want.RawRowView(i))
		gains[i] = guessed - squared(predicted.RawRowView(i), want.RawRowView(i))
		all += guessed
	}
	var s Score
	if mean, std := stat.MeanStdDev(gains, nil); all > 0 && std > 0 {
		s.Explained = floats.Sum(gains) / all
		s.Sigmas = mean / (std / math.Sqrt(float64(m)))
	}
	if classes > 0 {
		s.Accuracy = accuracy(predicted, want)
	}
	if classes == 2 {
		s.Sigmas = max(s.Sigmas, RankSigmas(area(mat.Col(nil, 1, predicted), mat.Col(nil, 1, want))))
	}
	return s
}

// area returns the area under the ROC curve (the share of pairs of a row of class 1 and one of class 0 of which the
// first has the larger value, ties counting half), and the numbers of rows.
func area(values, class1 []float64) (auc, ones, zeros float64) {
	sum := 0.0
	for i, v := range values {
		if class1[i] != 1 {
			zeros++
			continue
		}
		ones++
		for j, w := range values {
			switch {
			case class1[j] == 1:
			case v > w:
				sum++
			case v == w:
				sum += 0.5
			}
		}
	}
	return sum / (ones * zeros), ones, zeros
}

// RankSigmas returns by how many standard errors an area under a ROC curve is above 0.5, that of guessing (Mann and
// Whitney 1947), of so many rows of either class; 0 without any.
func RankSigmas(auc, ones, zeros float64) float64 {
	if !(ones > 0 && zeros > 0) {
		return 0
	}
	return (auc - 0.5) / math.Sqrt((ones+zeros+1)/(12*ones*zeros))
}

// accuracy returns the share of rows whose largest value is at the class.
func accuracy(predicted, want *mat.Dense) float64 {
	m, _ := want.Dims()
	right := 0
	for i := range m {
		if want.At(i, floats.MaxIdx(predicted.RawRowView(i))) == 1 {
			right++
		}
	}
	return float64(right) / float64(m)
}
