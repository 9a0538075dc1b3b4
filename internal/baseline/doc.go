// Package baseline fits the linear model that a neural network is compared with: logistic regression of
// classes, ridge regression of numbers, on standardized inputs and with scikit-learn's default penalty, so
// that it reaches what a Pipeline of StandardScaler and LogisticRegression or Ridge reaches.
//
// Both are minima of a strictly convex function of the weights, so there is nothing to tune and no seed: an
// optimizer that converges (L-BFGS, Liu and Nocedal 1989) finds the one minimum in a few dozen passes over the rows, where
// steps by batches need a learning rate and many epochs and still end beside it.
package baseline
