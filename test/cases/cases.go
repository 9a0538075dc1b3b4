package cases

// Case is a question that somebody asked in public, made again.
type Case struct {
	Name  string // also of the CSV file
	Title string // of the question
	Site  string
	Page  string // its address; "" where only copies of the question were found
	// Data says what the rows are, and what differs from the question.
	Data  string
	Table func() string
	// Net are the flags of the network as asked, Remedy those that mend it.
	Net, Remedy string
	// Kinds are those that the first finding may have.
	Kinds []string
	// Before and After bound the mean over the seeds of the test accuracy, or of R² in a regression.
	Before, After float64
	// Open says what is not found, or not mended, of a case that docs/cases.md lists as such.
	Open string
}

// plain and keras are Keras's defaults where gradwatch has others: no penalty and a constant rate; inputs as they are, and
// Glorot's weights.
const (
	plain = "--learning-rate-schedule constant --l2 0 "
	keras = plain + "--scale none --kernel-initializer glorot_uniform "
)

// All returns the cases in the order of docs/cases.md.
func All() []Case {
	return []Case{
		{
			Name: "threshold", Title: "Why does accuracy remain the same", Site: "Stack Overflow",
			Data: "1,000 numbers up to 100,000, and whether each is at least 50,000 (10,000 in the question).", Table: threshold,
			Net:    keras + "--layers 3,5 --activation relu --output-activation relu --loss binary_crossentropy --optimizer adam --learning-rate 0.001 --batch-size 5 --epochs 10",
			Remedy: "--scale standard --output-activation sigmoid",
			Kinds:  []string{"unscaled-inputs"}, Before: 0.6, After: 0.9,
		},
		{
			Name: "digits", Title: "Too low accuracy on MNIST dataset using a neural network", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/38604",
			Data: "500 images of 8 x 8 pixels from 0 to 255, ten patterns with noise in the place of MNIST's digits; one sigmoid output for ten classes.", Table: digits,
			Net:    keras + "--layers 64 --activation relu --units-output 1 --output-activation sigmoid --loss binary_crossentropy --optimizer adam --learning-rate 0.001 --test-fraction 0.33 --epochs 10",
			Remedy: "--units-output 10 --output-activation softmax --loss sparse_categorical_crossentropy",
			Kinds:  []string{"loss-mismatch"}, Before: 0.15, After: 0.9,
		},
		{
			Name: "softmax-of-one", Title: "Why does a binary Keras CNN always predict 1?", Site: "Stack Overflow",
			Data: "300 rows of three bits, and whether most are 1. The question has a convolutional network, of which this is the end: a softmax of one unit.", Table: majority,
			Net:    keras + "--layers 10 --activation relu --units-output 1 --output-activation softmax --loss binary_crossentropy --optimizer rmsprop --learning-rate 0.001 --batch-size 32 --epochs 100",
			Remedy: "--output-activation sigmoid",
			Kinds:  []string{"constant-output"}, Before: 0.6, After: 0.95,
		},
		{
			Name: "fourth-power", Title: "Why do I fail to predict y=x**4 with Keras? (y=x**3 works)", Site: "Stack Overflow",
			Page: "https://stackoverflow.com/questions/52800582",
			Data: "The numbers from -100 to 100 in steps of 0.5, and their fourth powers, up to 1e8; all rows in one batch, 500 epochs (up to 100,000 in the question).", Table: fourthPower,
			Net:    keras + "--task regression --scale-target none --layers 50,50 --activation sigmoid,elu --loss mse --optimizer adam --learning-rate 0.001 --batch-size 400 --epochs 500",
			Remedy: "--scale standard --scale-target standard --batch-size 32 --epochs 200",
			Kinds:  []string{"unscaled-inputs", "unscaled-target"}, Before: 0, After: 0.85,
		},
		{
			Name: "line", Title: "Simple Linear Regression in Keras", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/284189",
			Data: "200 pairs of numbers of some hundreds, one by the other on a straight line with noise; a linear model.", Table: line,
			Net:    keras + "--task regression --scale-target none --hidden-layers 0 --loss mse --optimizer sgd --momentum 0 --learning-rate 0.01 --batch-size 1 --shuffle=false --epochs 30",
			Remedy: "--scale standard --scale-target standard",
			Kinds:  []string{"unscaled-inputs", "unscaled-target"}, Before: 0, After: 0.95,
		},
		{
			Name: "xor-relu-output", Title: "XOR with Neural Network", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/433365",
			Data: "4,000 rows of two bits, and whether they differ (20,000 in the question).", Table: xor(4000),
			Net:    keras + "--layers 2,2 --activation linear,relu --output-activation relu --loss mse --optimizer sgd --learning-rate 0.01 --momentum 0 --test-fraction 0.25 --epochs 5",
			Remedy: "--activation relu --layers 8,8 --output-activation sigmoid --loss binary_crossentropy --epochs 50",
			Kinds:  []string{"output-range"}, Before: 0.65, After: 0.95,
		},
		{
			Name: "xor-two-relu", Title: "Clarification on simple perceptron neural network", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/320672",
			Data: "1,000 rows of two bits, and whether they differ; two ReLU units (the question says that five suffice), 40 epochs of 100.", Table: xor(1000),
			Net:    keras + "--layers 2 --activation relu --loss binary_crossentropy --optimizer rmsprop --learning-rate 0.001 --batch-size 4 --epochs 40",
			Remedy: "--layers 8",
			Kinds:  []string{"too-small", "dead-units"}, Before: 0.8, After: 0.95,
			Open: "too few units have no finding of their own: the verdict names dead units, or that training was too short. The remedy is among those that `--try-fixes` tries.",
		},
		{
			Name: "sine-sigmoid-output", Title: "Predict sinus with keras feed forward neural network", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/19365",
			Data: "The whole numbers from 0 to 99, and their sines: six rows a period.", Table: sineOfWholeNumbers,
			Net:    keras + "--task regression --scale-target none --layers 10 --activation sigmoid --output-activation sigmoid --loss mse --optimizer sgd --learning-rate 0.01 --momentum 0 --batch-size 1 --epochs 10",
			Remedy: "--scale standard --output-activation linear --optimizer adam --learning-rate 0.001 --epochs 300",
			Kinds:  []string{"output-range"}, Before: 0, After: 0.1,
			Open: "the remedies that the findings name do not mend it: so few rows of 16 periods are too few for any of the networks that were tried.",
		},
		{
			Name: "sine-to-1000", Title: "Neural network toy model to fit sine function fails, what's wrong?", Site: "Stack Overflow",
			Page: "https://stackoverflow.com/questions/46995209",
			Data: "The whole numbers from 0 to 999, and one period of a sine over them.", Table: sineTo1000,
			Net:    keras + "--task regression --scale-target none --layers 10,10,10 --activation tanh --output-activation tanh --loss mse --optimizer sgd --learning-rate 0.01 --momentum 0 --batch-size 32 --epochs 100",
			Remedy: "--scale standard",
			Kinds:  []string{"unscaled-inputs"}, Before: 0.1, After: 0.85,
		},
		{
			Name: "line-relu-output", Title: "Loss values do not change", Site: "DeepLearning.AI Community",
			Page: "https://community.deeplearning.ai/t/loss-values-do-not-change/324182",
			Data: "Numbers from -1 to 5 in steps of 0.1, and 2x - 1 (7 numbers in the question).", Table: twoXMinusOne,
			Net:    keras + "--task regression --scale-target none --layers 4,2 --activation relu --output-activation relu --loss mse --optimizer adam --learning-rate 0.001 --epochs 500",
			Remedy: "--output-activation linear --layers 16,16",
			Kinds:  []string{"output-range"}, Before: 0.6, After: 0.95,
		},
		{
			Name: "minority", Title: "Why MLP only learns bias for unbalanced binary classification", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/19283",
			Data: "2,000 rows with 20 inputs, of which four tell a class of 12 % (891,473 rows with 122 inputs in the question, whose table is not public); 10 epochs of the smaller table.", Table: minority,
			Net:    keras + "--layers 8,8,8 --activation relu --loss binary_crossentropy --optimizer sgd --learning-rate 0.01 --momentum 0 --epochs 10",
			Remedy: "--epochs 200",
			Kinds:  []string{"too-short", "minority-ignored"}, Before: 0.9, After: 0.95,
		},
		{
			Name: "five-classes", Title: "Multi-class neural net always predicting 1 class after optimization", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/16840",
			Data: "1,500 rows with 20 inputs, five classes with the question's shares (269,501 rows with 157 inputs there). The question's log shows a loss that still falls.", Table: fiveClasses,
			Net:    keras + "--layers 64 --activation relu --dropout 0.5 --optimizer sgd --momentum 0 --learning-rate 0.001 --batch-size 375 --epochs 6",
			Remedy: "--optimizer adam --learning-rate 0.001 --epochs 60",
			Kinds:  []string{"too-short"}, Before: 0.45, After: 0.85,
		},
		{
			Name: "four-sigmoid", Title: "What could be the problem when a neural network with four hidden layers with the sigmoid activation function is not learning?",
			Site: "Artificial Intelligence Stack Exchange", Page: "https://ai.stackexchange.com/questions/16557",
			Data: "600 rows of twelve bits, and a number that four of them make; 50 units a layer (500 in the question).", Table: bits,
			Net:    keras + "--task regression --scale-target none --layers 50,50,50,50 --activation sigmoid --loss mse --optimizer sgd --learning-rate 0.01 --momentum 0 --epochs 50",
			Remedy: "--activation relu",
			Kinds:  []string{"vanishing"}, Before: 0.1, After: 0.85,
		},
		{
			Name: "three-sigmoid", Title: "Neural Network Architecture Design", Site: "Stack Overflow",
			Page: "https://stackoverflow.com/questions/20009078",
			Data: "1,000 points of a square, and whether they are inside a circle (a convex region in the question).", Table: region,
			Net:    keras + "--layers 5,5,5 --activation sigmoid --loss mse --output-activation sigmoid --optimizer sgd --momentum 0 --learning-rate 0.1 --epochs 50",
			Remedy: "--activation elu --kernel-initializer he_uniform",
			Kinds:  []string{"vanishing"}, Before: 0.65, After: 0.9,
		},
		{
			Name: "zeros", Title: "Backpropagation with zero weight initialization", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/294332",
			Data: "600 rows with ten inputs, and two equal classes by the sizes of two of them.", Table: halves,
			Net:    plain + "--scale none --layers 10 --activation relu --kernel-initializer zeros --output-initializer zeros --optimizer sgd --learning-rate 0.01 --momentum 0 --epochs 50",
			Remedy: "--kernel-initializer he_uniform --optimizer adam --learning-rate 0.001",
			Kinds:  []string{"symmetric-units"}, Before: 0.6, After: 0.65,
		},
		{
			Name: "prices", Title: "Simple mlp with one hidden layer keeps predicting same number for all training examples", Site: "keras-team/keras",
			Page: "https://github.com/keras-team/keras/issues/2051",
			Data: "The last five values of a random walk and the next, in the order of time, divided by the largest (share prices in the question).", Table: prices,
			Net: plain + "--scale none --task regression --scale-target none --shuffle-rows=false --layers 7,4 --activation linear,tanh --kernel-initializer uniform:-0.05,0.05 " +
				"--output-initializer uniform:-0.05,0.05 --loss mse --optimizer sgd --learning-rate 0.06 --decay 1e-6 --momentum 0.5 --batch-size 1 --shuffle=false --epochs 2",
			Remedy: "--shuffle --shuffle-rows --kernel-initializer glorot_uniform --output-initializer glorot_uniform --epochs 20",
			Kinds:  []string{"sorted-rows"}, Before: 0.1, After: 0.85,
		},
		{
			Name: "large-rate", Title: "Why is learning rate causing my neural network's weights to skyrocket?", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/15962",
			Data: "500 rows with eight inputs up to 1,000, and a number of the same size. The question has no data: a rate of 0.001 gives NaN, 0.0001 does not.", Table: sensors,
			Net:    keras + "--task regression --scale-target none --layers 16 --activation relu --loss mse --optimizer sgd --momentum 0 --learning-rate 0.001 --epochs 50",
			Remedy: "--scale standard --scale-target standard --epochs 300",
			Kinds:  []string{"unscaled-inputs", "unscaled-target"}, Before: 0, After: 0.85,
		},
		{
			Name: "one-relu", Title: "Understanding ReLU: Does this unlucky intialized network assign all instances ...", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/450100",
			Data: "400 rows of two positive numbers, and which is the larger; one ReLU unit whose first weights are negative.", Table: positive,
			Net:    plain + "--scale none --layers 1 --activation relu --kernel-initializer uniform:-0.05,0.0 --output-initializer uniform:-0.05,0.05 --optimizer sgd --learning-rate 0.01 --momentum 0 --epochs 50",
			Remedy: "--batch-norm",
			Kinds:  []string{"dead-units"}, Before: 0.6, After: 0.9,
		},
		{
			Name: "flowers", Title: "MLP on Iris Data not working but it does fine on MNIST - Keras", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/13163",
			Data: "150 rows like those of Iris: four lengths of three kinds.", Table: flowers(false),
			Net:    keras + "--layers 8 --activation sigmoid --output-activation sigmoid --loss mse --optimizer sgd --learning-rate 0.01 --momentum 0 --test-fraction 0.33 --epochs 10",
			Remedy: "--epochs 200 --optimizer adam --learning-rate 0.01",
			Kinds:  []string{"too-short"}, Before: 0.5, After: 0.85,
		},
		{
			Name: "sorted", Title: "Stratified validation set", Site: "keras-team/keras",
			Page: "https://github.com/keras-team/keras/issues/796",
			Data: "150 rows like those of Iris, one kind after the other, of which the last 30 % test.", Table: flowers(true),
			Net:    keras + "--layers 8 --activation relu --optimizer adam --learning-rate 0.01 --shuffle-rows=false --test-fraction 0.3 --epochs 100",
			Remedy: "--shuffle-rows",
			Kinds:  []string{"single-class", "shifted-test"}, Before: 0.5, After: 0.8,
		},
		{
			Name: "ring", Title: "Why MLP cannot approximate a closed shape function?", Site: "Artificial Intelligence Stack Exchange",
			Page: "https://ai.stackexchange.com/questions/18751",
			Data: "400 points of a disk and of a ring around it; 15 layers of two units.", Table: ring,
			Net:    keras + "--layers 2,2,2,2,2,2,2,2,2,2,2,2,2,2,2 --activation tanh --units-output 2 --output-activation softmax --optimizer adam --learning-rate 0.001 --epochs 60",
			Remedy: "--layers 16,16",
			Kinds:  []string{"too-small", "vanishing"}, Before: 0.85, After: 0.9,
			Open: "too few units have no finding of their own: the verdict says that training was too short. The remedy is among those that `--try-fixes` tries.",
		},
		{
			Name: "small-rate", Title: "predict returning the same value for all observations", Site: "apache/mxnet",
			Page: "https://github.com/apache/mxnet/issues/1546",
			Data: "600 rows with eight inputs, and a number that follows from three of them; all rows in one batch.", Table: rent,
			Net:    keras + "--task regression --scale-target none --layers 32,10,5 --activation relu --loss mse --optimizer sgd --learning-rate 2e-6 --momentum 0.9 --batch-size 4000 --epochs 10",
			Remedy: "--learning-rate 0.01 --batch-size 32 --epochs 100",
			Kinds:  []string{"rate-too-small"}, Before: 0, After: 0.85,
		},
		{
			Name: "few-rows", Title: "Is it always possible for validation accuracy to be as high as training accuracy", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/19482",
			Data: "240 rows with 40 inputs, of which two tell the class: 40 train (40 in the question, of 120 classes).", Table: few,
			Net:    keras + "--layers 64,64 --activation relu --batch-norm --optimizer adam --learning-rate 0.001 --test-fraction 0.8333 --epochs 100",
			Remedy: "--layers 16 --l1 0.03 --epochs 600",
			Kinds:  []string{"overfitting", "too-few-rows"}, Before: 0.68, After: 0.71,
		},
		{
			Name: "houses", Title: "Should we normalize target data as well as input data?", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/409000",
			Data: "500 houses with three measures, and prices around 400,000 (around 250,000 in the question); standardized inputs.", Table: houses,
			Net:    plain + "--scale standard --kernel-initializer glorot_uniform --task regression --scale-target none --layers 8 --activation relu --loss mse --optimizer adam --learning-rate 0.001 --epochs 100",
			Remedy: "--scale-target standard",
			Kinds:  []string{"unscaled-target"}, Before: 0, After: 0.9,
		},
		{
			Name: "linear-layers", Title: "Why is deep neural net with linear activation diverges", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/418955",
			Data: "The numbers from 0 to 99, standardized, and their squares plus 3; linear layers.", Table: squares,
			Net:    plain + "--scale standard --kernel-initializer glorot_uniform --task regression --scale-target none --layers 1 --activation linear --loss mse --optimizer sgd --learning-rate 0.01 --momentum 0 --epochs 300",
			Remedy: "--scale-target standard --activation tanh --layers 8 --momentum 0.9",
			Kinds:  []string{"unscaled-target"}, Before: 0, After: 0.9,
		},
		{
			Name: "boston", Title: "Regression test with Boston Housing data results in 0 accuracy", Site: "rstudio/keras3",
			Page: "https://github.com/rstudio/keras3/issues/30",
			Data: "300 rows with 13 inputs of sizes as in the Boston housing data, and prices from 5 to 50.", Table: boston,
			Net:    keras + "--task regression --scale-target none --layers 13 --activation relu --loss mse --optimizer adam --learning-rate 0.001 --batch-size 5 --epochs 40",
			Remedy: "--scale standard --scale-target standard",
			Kinds:  []string{"unscaled-inputs"}, Before: 0.6, After: 0.85,
		},
		{
			Name: "xor-sigmoid", Title: "Interpreting cost change plot in a neural network for learning XOR", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/440558",
			Data: "200 rows of two bits, and whether they differ; all rows in one batch, 1,000 epochs (the question: it converges after up to 1,000,000).", Table: xor(200),
			Net:    keras + "--layers 2 --activation sigmoid --loss binary_crossentropy --optimizer sgd --momentum 0 --learning-rate 0.1 --batch-size 160 --epochs 1000",
			Remedy: "--optimizer adam --learning-rate 0.1 --layers 8",
			Kinds:  []string{"too-short"}, Before: 0.8, After: 0.95,
		},
	}
}
