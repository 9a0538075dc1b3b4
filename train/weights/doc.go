// Package weights holds a model's weights as package graph lays them, draws the first ones, and converts
// them from and to the layers of a weights.json.
package weights
