// Package autofix finds what mends a run that does not learn: which changes of its
// configuration fit the verdict ([Fitting]), a search that trains them within a budget,
// each alone and the best together ([Search]), and what came of it ([Report]).
package autofix
