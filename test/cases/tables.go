package cases

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// random returns the numbers of one table: the same ones in each run.
func random() *rand.Rand { return rand.New(rand.NewPCG(1, 18)) }

// table writes rows as a CSV file. The last column is the target.
func table(header string, rows [][]float64) string {
	var text strings.Builder
	fmt.Fprintln(&text, header)
	for _, row := range rows {
		for i, x := range row {
			if i > 0 {
				text.WriteByte(',')
			}
			text.WriteString(strconv.FormatFloat(x, 'g', 6, 64))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// columns returns a header of numbered inputs and a target.
func columns(inputs int) string {
	var header strings.Builder
	for i := range inputs {
		fmt.Fprintf(&header, "x%d,", i+1)
	}
	return header.String() + "y"
}

// threshold has numbers up to 100,000, and whether each is at least 50,000.
func threshold() string {
	draw := random()
	var rows [][]float64
	for range 1000 {
		x := float64(draw.IntN(100_000))
		rows = append(rows, []float64{x, class(x >= 50_000)})
	}
	return table("number,above", rows)
}

func class(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// digits has images of 8 x 8 pixels from 0 to 255 of ten patterns, with noise.
func digits() string {
	const pixels, classes = 64, 10
	draw := random()
	var patterns [classes][pixels]float64
	for c := range patterns {
		for p := range pixels {
			patterns[c][p] = 255 * class(draw.Float64() < 0.3)
		}
	}
	var rows [][]float64
	for i := range 500 {
		row := make([]float64, pixels, pixels+1)
		for p := range row {
			row[p] = math.Round(min(255, max(0, patterns[i%classes][p]+60*draw.NormFloat64())))
		}
		rows = append(rows, append(row, float64(i%classes)))
	}
	return table(columns(pixels), rows)
}

// function has values of a function of one number.
func function(count int, from, step float64, f func(float64) float64) string {
	var rows [][]float64
	for i := range count {
		x := from + step*float64(i)
		rows = append(rows, []float64{x, f(x)})
	}
	return table("x,y", rows)
}

func fourthPower() string {
	return function(400, -100, 0.5, func(x float64) float64 { return x * x * x * x })
}

func twoXMinusOne() string {
	return function(61, -1, 0.1, func(x float64) float64 { return 2*x - 1 })
}

func sineOfWholeNumbers() string { return function(100, 0, 1, math.Sin) }

func sineTo1000() string {
	return function(1000, 0, 1, func(x float64) float64 { return math.Sin(2 * math.Pi * x / 1000) })
}

// line has pairs of which the second follows the first on a straight line, with noise: sizes of some hundreds.
func line() string {
	draw := random()
	var rows [][]float64
	for range 200 {
		x := 50 + 250*draw.Float64()
		rows = append(rows, []float64{x, 3*x + 40 + 30*draw.NormFloat64()})
	}
	return table("x,y", rows)
}

// xor has rows of two bits and whether they differ.
func xor(count int) func() string {
	return func() string {
		draw := random()
		var rows [][]float64
		for range count {
			a, b := draw.IntN(2), draw.IntN(2)
			rows = append(rows, []float64{float64(a), float64(b), class(a != b)})
		}
		return table("a,b,differ", rows)
	}
}

// majority has rows of three bits and whether most of them are 1: all eight, over and over.
func majority() string {
	draw := random()
	var rows [][]float64
	for range 300 {
		a, b, c := draw.IntN(2), draw.IntN(2), draw.IntN(2)
		rows = append(rows, []float64{float64(a), float64(b), float64(c), class(a+b+c > 1)})
	}
	return table("a,b,c,most", rows)
}

// normals returns numbers of mean 0 and deviation 1.
func normals(draw *rand.Rand, count int) []float64 {
	row := make([]float64, count)
	for i := range row {
		row[i] = draw.NormFloat64()
	}
	return row
}

// minority has 20 inputs and a class of 12 % of the rows, told by four of them.
func minority() string {
	draw := random()
	var rows [][]float64
	for range 2000 {
		row := normals(draw, 20)
		rare := row[0]+row[1]+row[2]+row[3] > 2.35
		rows = append(rows, append(row, class(rare)))
	}
	return table(columns(20), rows)
}

// fiveClasses has 20 inputs and five classes with the shares of the question.
func fiveClasses() string {
	draw := random()
	shares := []float64{0.1624, 0.3993, 0.0931, 0.2086, 0.1367}
	centres := make([][]float64, len(shares))
	for c := range centres {
		centres[c] = normals(draw, 20)
	}
	var rows [][]float64
	for range 1500 {
		at, c := draw.Float64(), 0
		for c < len(shares)-1 && at >= shares[c] {
			at -= shares[c]
			c++
		}
		row := normals(draw, 20)
		for i := range row {
			row[i] += centres[c][i]
		}
		rows = append(rows, append(row, float64(c)))
	}
	return table(columns(20), rows)
}

// bits has rows of twelve bits and a number that four of them make.
func bits() string {
	draw := random()
	var rows [][]float64
	for range 600 {
		row := make([]float64, 12)
		for i := range row {
			row[i] = float64(draw.IntN(2))
		}
		rows = append(rows, append(row, row[0]+2*row[1]-row[2]*row[3]+0.05*draw.NormFloat64()))
	}
	return table(columns(12), rows)
}

// region has points of a square and whether they are inside a convex region.
func region() string {
	draw := random()
	var rows [][]float64
	for range 1000 {
		x, y := 2*draw.Float64()-1, 2*draw.Float64()-1
		rows = append(rows, []float64{x, y, class(x*x+y*y < 0.64)})
	}
	return table("x,y,inside", rows)
}

// ring has points of a disk and of a ring around it.
func ring() string {
	draw := random()
	var rows [][]float64
	for i := range 400 {
		r, angle := draw.Float64(), 2*math.Pi*draw.Float64()
		if i%2 == 1 {
			r += 2
		}
		rows = append(rows, []float64{r * math.Cos(angle), r * math.Sin(angle), float64(i % 2)})
	}
	return table("x,y,ring", rows)
}

// halves has ten inputs and two equal classes, told by the size of two of them.
func halves() string {
	draw := random()
	var rows [][]float64
	for range 600 {
		row := normals(draw, 10)
		rows = append(rows, append(row, class(math.Abs(row[0])+math.Abs(row[1]) > 1.5)))
	}
	return table(columns(10), rows)
}

// prices has the last five values of a random walk and the next, over the largest of all: rows in the order of time.
func prices() string {
	draw := random()
	walk := []float64{100}
	for range 800 {
		walk = append(walk, max(20, walk[len(walk)-1]+2*draw.NormFloat64()))
	}
	largest := slices.Max(walk)
	var rows [][]float64
	for i := 5; i < len(walk); i++ {
		row := make([]float64, 6)
		for k := range row {
			row[k] = walk[i-5+k] / largest
		}
		rows = append(rows, row)
	}
	return table(columns(5), rows)
}

// flowers has measures like those of irises: four lengths in centimetres of three kinds, 50 of each. sorted: one kind
// after the other.
func flowers(sorted bool) func() string {
	return func() string {
		means := [3][4]float64{{5.0, 3.4, 1.5, 0.2}, {5.9, 2.8, 4.3, 1.3}, {6.6, 3.0, 5.6, 2.0}}
		spreads := [3][4]float64{{0.35, 0.38, 0.17, 0.1}, {0.5, 0.3, 0.45, 0.2}, {0.6, 0.3, 0.5, 0.27}}
		draw := random()
		var rows [][]float64
		for i := range 150 {
			kind := i % 3
			if sorted {
				kind = i / 50
			}
			row := make([]float64, 4, 5)
			for k := range row {
				row[k] = math.Round(10*(means[kind][k]+spreads[kind][k]*draw.NormFloat64())) / 10
			}
			rows = append(rows, append(row, float64(kind)))
		}
		return table("sepal length,sepal width,petal length,petal width,kind", rows)
	}
}

// sensors has eight inputs of some hundreds and a number that follows from them.
func sensors() string {
	draw := random()
	var rows [][]float64
	for range 500 {
		row := make([]float64, 8, 9)
		for i := range row {
			row[i] = 1000 * draw.Float64()
		}
		rows = append(rows, append(row, row[0]-0.5*row[1]+0.001*row[2]*row[3]+20*draw.NormFloat64()))
	}
	return table(columns(8), rows)
}

// rent has eight inputs of usual size and a number that follows from three of them.
func rent() string {
	draw := random()
	var rows [][]float64
	for range 600 {
		row := normals(draw, 8)
		rows = append(rows, append(row, 2+row[0]+0.5*row[1]*row[2]+0.1*draw.NormFloat64()))
	}
	return table(columns(8), rows)
}

// positive has two inputs that are never negative, and whether the first is the larger.
func positive() string {
	draw := random()
	var rows [][]float64
	for range 400 {
		a, b := draw.Float64(), draw.Float64()
		rows = append(rows, []float64{a, b, class(a > b)})
	}
	return table("a,b,larger", rows)
}

// few has 40 inputs, of which two tell the class.
func few() string {
	draw := random()
	var rows [][]float64
	for range 240 {
		row := normals(draw, 40)
		rows = append(rows, append(row, class(row[0]+row[1] > 0)))
	}
	return table(columns(40), rows)
}

// houses has four measures of houses and prices of hundred thousands.
func houses() string {
	draw := random()
	var rows [][]float64
	for range 500 {
		area, rooms, age := 50+200*draw.Float64(), float64(1+draw.IntN(8)), 80*draw.Float64()
		price := 2000*area + 15_000*rooms - 1500*age + 100_000 + 20_000*draw.NormFloat64()
		rows = append(rows, []float64{area, rooms, age, math.Round(price)})
	}
	return table("area,rooms,age,price", rows)
}

// squares has the numbers from 0 to 99 and their squares plus 3.
func squares() string { return function(100, 0, 1, func(x float64) float64 { return x*x + 3 }) }

// boston has 13 inputs of sizes like those of the Boston housing data, from shares to hundreds, and prices from 5 to 50.
func boston() string {
	draw := random()
	sizes := []float64{10, 50, 20, 1, 1, 7, 100, 10, 24, 700, 20, 400, 30}
	var rows [][]float64
	for range 300 {
		row := make([]float64, len(sizes))
		for i, size := range sizes {
			row[i] = size * draw.Float64()
		}
		price := 22 + 18*(row[5]/7-0.5) - 20*(row[12]/30-0.5)*(0.5+row[0]/10) + 8*row[4]*(row[7]/10-0.5) + draw.NormFloat64()
		rows = append(rows, append(row, min(50, max(5, price))))
	}
	return table(columns(len(sizes)), rows)
}
