package cases

// Case is a question that somebody asked in public, made again.
type Case struct {
	Name  string // also of the CSV file
	Title string // of the question
	Site  string
	Page  string // its address
	Table func() string
	// Net are the flags of the network as asked.
	Net string
	// Kinds are those that the first finding may have.
	Kinds []string
	// Remedy are the flags that mend it.
	Remedy string
	// Before and After bound the mean over the seeds of the test accuracy, or of R² in a regression.
	Before, After float64
	// Note says what differs from the question.
	Note string
}

// keras are the defaults of Keras that differ from gradwatch's.
const keras = "--scale none --kernel-initializer glorot_uniform "

// All returns the cases in the order of docs/cases.md.
func All() []Case {
	return []Case{
		{
			Name: "threshold", Title: "Why does accuracy remain the same", Site: "Stack Overflow", Table: threshold,
			Net:    keras + "--layers 3,5 --activation relu --output-activation relu --loss binary_crossentropy --optimizer adam --batch-size 5 --epochs 10",
			Remedy: "--scale standard --output-activation sigmoid",
		},
		{
			Name: "digits", Title: "Too low accuracy on MNIST dataset using a neural network", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/38604", Table: digits,
			Net:    keras + "--layers 64 --activation relu --units-output 1 --output-activation sigmoid --loss binary_crossentropy --optimizer adam --test-fraction 0.33 --epochs 10",
			Remedy: "--units-output 10 --output-activation softmax --loss sparse_categorical_crossentropy",
		},
		{
			Name: "softmax-of-one", Title: "Why does a binary Keras CNN always predict 1?", Site: "Stack Overflow", Table: majority,
			Net:    keras + "--layers 10 --activation relu --units-output 1 --output-activation softmax --loss binary_crossentropy --optimizer rmsprop --batch-size 32 --epochs 100",
			Remedy: "--output-activation sigmoid",
		},
		{
			Name: "fourth-power", Title: "Why do I fail to predict y=x**4 with Keras? (y=x**3 works)", Site: "Stack Overflow",
			Page: "https://stackoverflow.com/questions/52800582", Table: fourthPower,
			Net:    keras + "--task regression --scale-target none --layers 50,50 --activation sigmoid,elu --loss mse --optimizer adam --batch-size 400 --epochs 500",
			Remedy: "--scale standard --scale-target standard --batch-size 32 --epochs 200",
		},
		{
			Name: "line", Title: "Simple Linear Regression in Keras", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/284189", Table: line,
			Net:    keras + "--task regression --scale-target none --hidden-layers 0 --loss mse --optimizer sgd --momentum 0 --learning-rate 0.01 --batch-size 1 --shuffle=false --epochs 30",
			Remedy: "--scale standard --scale-target standard",
		},
		{
			Name: "xor-relu-output", Title: "XOR with Neural Network", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/433365", Table: xor(4000),
			Net:    keras + "--layers 2,2 --activation linear,relu --output-activation relu --loss mse --optimizer sgd --momentum 0 --test-fraction 0.25 --epochs 5",
			Remedy: "--activation relu --layers 8,8 --output-activation sigmoid --loss binary_crossentropy --epochs 50",
		},
		{
			Name: "xor-two-relu", Title: "Clarification on simple perceptron neural network", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/320672", Table: xor(1000),
			Net:    keras + "--layers 2 --activation relu --loss binary_crossentropy --optimizer rmsprop --batch-size 4 --epochs 40",
			Remedy: "--layers 8",
		},
		{
			Name: "sine-sigmoid-output", Title: "Predict sinus with keras feed forward neural network", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/19365", Table: sineOfWholeNumbers,
			Net:    keras + "--task regression --scale-target none --layers 10 --activation sigmoid --output-activation sigmoid --loss mse --optimizer sgd --momentum 0 --batch-size 1 --epochs 10",
			Remedy: "--scale standard --output-activation linear --layers 64,64 --activation relu --optimizer adam --batch-size 8 --epochs 1000",
		},
		{
			Name: "sine-to-1000", Title: "Neural network toy model to fit sine function fails, what's wrong?", Site: "Stack Overflow",
			Page: "https://stackoverflow.com/questions/46995209", Table: sineTo1000,
			Net:    keras + "--task regression --scale-target none --layers 10,10,10 --activation tanh --output-activation tanh --loss mse --optimizer sgd --momentum 0 --batch-size 32 --epochs 100",
			Remedy: "--scale standard",
		},
		{
			Name: "line-relu-output", Title: "Loss values do not change", Site: "DeepLearning.AI Community",
			Page: "https://community.deeplearning.ai/t/loss-values-do-not-change/324182", Table: twoXMinusOne,
			Net:    keras + "--task regression --scale-target none --layers 4,2 --activation relu --output-activation relu --loss mse --optimizer adam --learning-rate 0.001 --epochs 500",
			Remedy: "--output-activation linear --layers 16,16",
		},
		{
			Name: "minority", Title: "Why MLP only learns bias for unbalanced binary classification?", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/19283", Table: minority,
			Net:    keras + "--layers 8,8,8 --activation relu --loss binary_crossentropy --optimizer sgd --momentum 0 --epochs 20",
			Remedy: "--epochs 200",
		},
		{
			Name: "five-classes", Title: "Multi-class neural net always predicting 1 class after optimization", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/16840", Table: fiveClasses,
			Net:    keras + "--layers 64 --activation relu --dropout 0.5 --optimizer sgd --momentum 0 --learning-rate 0.001 --batch-size 375 --epochs 6",
			Remedy: "--optimizer adam --learning-rate 0.001 --epochs 60",
		},
		{
			Name: "four-sigmoid", Title: "What could be the problem when a neural network with four hidden layers with the sigmoid activation function is not learning?",
			Site: "Artificial Intelligence Stack Exchange", Page: "https://ai.stackexchange.com/questions/16557", Table: bits,
			Net:    keras + "--task regression --scale-target none --layers 50,50,50,50 --activation sigmoid --loss mse --optimizer sgd --momentum 0 --epochs 50",
			Remedy: "--activation relu",
		},
		{
			Name: "three-sigmoid", Title: "Neural Network Architecture Design", Site: "Stack Overflow",
			Page: "https://stackoverflow.com/questions/20009078", Table: region,
			Net:    keras + "--layers 5,5,5 --activation sigmoid --loss mse --output-activation sigmoid --optimizer sgd --momentum 0 --learning-rate 0.1 --epochs 50",
			Remedy: "--activation elu --kernel-initializer he_uniform",
		},
		{
			Name: "zeros", Title: "Backpropagation with zero weight initialization", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/294332", Table: halves,
			Net:    "--scale none --layers 10 --activation relu --kernel-initializer zeros --output-initializer zeros --optimizer sgd --momentum 0 --epochs 50",
			Remedy: "--kernel-initializer he_uniform --optimizer adam",
		},
		{
			Name: "prices", Title: "Simple mlp with one hidden layer keeps predicting same number for all training examples", Site: "keras-team/keras",
			Page: "https://github.com/keras-team/keras/issues/2051", Table: prices,
			Net: "--scale none --task regression --scale-target none --shuffle-rows=false --layers 7,4 --activation linear,tanh --kernel-initializer uniform:-0.05,0.05 " +
				"--output-initializer uniform:-0.05,0.05 --loss mse --optimizer sgd --learning-rate 0.06 --decay 1e-6 --momentum 0.5 --batch-size 1 --shuffle=false --epochs 2",
			Remedy: "--shuffle --shuffle-rows --kernel-initializer glorot_uniform --output-initializer glorot_uniform --epochs 20",
		},
		{
			Name: "large-rate", Title: "Why is learning rate causing my neural network's weights to skyrocket?", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/15962", Table: sensors,
			Net:    keras + "--task regression --scale-target none --layers 16 --activation relu --loss mse --optimizer sgd --momentum 0 --learning-rate 0.001 --epochs 50",
			Remedy: "--scale standard --scale-target standard --epochs 300",
		},
		{
			Name: "one-relu", Title: "Understanding ReLU: Does this unlucky intialized network assign all instances to one class?", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/450100", Table: positive,
			Net:    "--scale none --layers 1 --activation relu --kernel-initializer uniform:-0.05,0.0 --output-initializer uniform:-0.05,0.05 --optimizer sgd --momentum 0 --epochs 50",
			Remedy: "--batch-norm",
		},
		{
			Name: "flowers", Title: "MLP on Iris Data not working but it does fine on MNIST - Keras", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/13163", Table: flowers(false),
			Net:    keras + "--layers 8 --activation sigmoid --output-activation sigmoid --loss mse --optimizer sgd --momentum 0 --test-fraction 0.33 --epochs 10",
			Remedy: "--epochs 100 --optimizer adam --learning-rate 0.01",
		},
		{
			Name: "sorted", Title: "Stratified validation set", Site: "keras-team/keras",
			Page: "https://github.com/keras-team/keras/issues/796", Table: flowers(true),
			Net:    keras + "--layers 8 --activation relu --optimizer adam --learning-rate 0.01 --shuffle-rows=false --test-fraction 0.3 --epochs 100",
			Remedy: "--shuffle-rows",
		},
		{
			Name: "ring", Title: "Why MLP cannot approximate a closed shape function?", Site: "Artificial Intelligence Stack Exchange",
			Page: "https://ai.stackexchange.com/questions/18751", Table: ring,
			Net:    keras + "--layers 2,2,2,2,2,2,2,2,2,2,2,2,2,2,2 --activation tanh --units-output 2 --output-activation softmax --optimizer adam --epochs 60",
			Remedy: "--layers 16,16",
		},
		{
			Name: "small-rate", Title: "predict returning the same value for all observations", Site: "apache/mxnet",
			Page: "https://github.com/apache/mxnet/issues/1546", Table: rent,
			Net:    keras + "--task regression --scale-target none --layers 32,10,5 --activation relu --loss mse --optimizer sgd --learning-rate 2e-6 --momentum 0.9 --batch-size 4000 --epochs 10",
			Remedy: "--learning-rate 0.01 --batch-size 32 --epochs 100",
		},
		{
			Name: "few-rows", Title: "Is it always possible for validation accuracy to be as high as training accuracy?", Site: "Data Science Stack Exchange",
			Page: "https://datascience.stackexchange.com/questions/19482", Table: few,
			Net:    keras + "--layers 64,64 --activation relu --batch-norm --optimizer adam --test-fraction 0.8333 --epochs 100",
			Remedy: "--layers 16 --l1 0.03 --epochs 600",
		},
		{
			Name: "houses", Title: "Should we normalize target data as well as input data?", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/409000", Table: houses,
			Net:    "--scale standard --kernel-initializer glorot_uniform --task regression --scale-target none --layers 8 --activation relu --loss mse --optimizer adam --epochs 100",
			Remedy: "--scale-target standard",
		},
		{
			Name: "linear-layers", Title: "Why is deep neural net with linear activation diverges", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/418955", Table: squares,
			Net:    "--scale standard --kernel-initializer glorot_uniform --task regression --scale-target none --layers 1 --activation linear --loss mse --optimizer sgd --momentum 0 --epochs 300",
			Remedy: "--scale-target standard --activation tanh --layers 8 --momentum 0.9",
		},
		{
			Name: "boston", Title: "Regression test with Boston Housing data results in 0 accuracy", Site: "rstudio/keras3",
			Page: "https://github.com/rstudio/keras3/issues/30", Table: boston,
			Net:    keras + "--task regression --scale-target none --layers 13 --activation relu --loss mse --optimizer adam --batch-size 5 --epochs 40",
			Remedy: "--scale standard --scale-target standard",
		},
		{
			Name: "xor-sigmoid", Title: "Interpreting cost change plot in a neural network for learning XOR", Site: "Cross Validated",
			Page: "https://stats.stackexchange.com/questions/440558", Table: xor(200),
			Net:    keras + "--layers 2 --activation sigmoid --loss binary_crossentropy --optimizer sgd --momentum 0 --learning-rate 0.1 --batch-size 160 --epochs 1000",
			Remedy: "--optimizer adam --learning-rate 0.1 --layers 8",
		},
	}
}
