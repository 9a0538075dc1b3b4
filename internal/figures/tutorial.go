package figures

import (
	"bytes"
	"fmt"

	"gradwatch/internal/chart"
	"gradwatch/internal/dataset"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
)

// DataPicture is the name of the picture of the tutorial's data.
const DataPicture = "data.png"

// TutorialModel is a model of the tutorial with the run that is shown and its seeds.
type TutorialModel struct {
	Name      string // of the run
	History   *record.History
	Summary   *record.Summary
	Decision  *record.Decision // nil for none
	Seeds     []record.Result  // of the model's run of many seeds
	Reference float64          // the test accuracy that the tutorial reports
	// Gradients is the L2 norm of each layer's kernel gradient, the median over the first
	// epochs; nil for a model whose gradients are not compared.
	Gradients []float64
	// Comparison is what CompareGradients drew of the models before; nil for nothing.
	Comparison []byte
}

// Tutorial returns the tutorial's pictures: the data; accuracy, seeds and decision of all
// models; gradients and weights of those whose gradients are compared. window is over how
// many epochs their Gradients are the median; referenceEpochs is how many epochs the
// tutorial trains.
func Tutorial(points *dataset.Examples, models []TutorialModel, window, referenceEpochs int) []Picture {
	accuracy := chart.Panels{Title: "Accuracy by epoch", Share: true}
	decision := chart.Panels{Title: "What each model makes of the plane"}
	weights := chart.Panels{Title: "Size of the weights by epoch", Share: true}
	profile := chart.Profile{Title: fmt.Sprintf("Gradients by layer, median of the first %d epochs", window)}
	var compared []TutorialModel
	for _, m := range models {
		c := newCurves(m.History)
		accuracy.Figures = append(accuracy.Figures, chart.Accuracy(m.Name, c.accuracy, c.valAccuracy))
		if m.Decision != nil {
			decision.Figures = append(decision.Figures, decisionFigure(m.Name, points, m.Summary, m.Decision))
		}
		if m.Gradients != nil {
			compared = append(compared, m)
			weights.Figures = append(weights.Figures, chart.Norms{Title: m.Name, L1: c.kernels})
			profile.Models = append(profile.Models, chart.ModelProfile{Name: m.Name, Norms: m.Gradients})
		}
	}
	pictures := []Picture{
		{DataPicture, dataFigure("Two circles", points)},
		{"accuracy.png", accuracy},
		{"seeds.png", seedsFigure(models, referenceEpochs)},
		{"gradients.png", drawnFigure{gradientPanels(compared), compared[0].Comparison}},
		{"gradient-by-layer.png", profile},
		{"weights.png", weights},
	}
	if len(decision.Figures) > 0 {
		pictures = append(pictures, Picture{DecisionPicture, decision})
	}
	return pictures
}

// CompareGradients returns a PNG of the models' gradients by layer and epoch on one scale.
func CompareGradients(models []TutorialModel) ([]byte, error) {
	var picture bytes.Buffer
	err := chart.WritePNG(&picture, gradientPanels(models), chart.Size{})
	return picture.Bytes(), err
}

// gradientPanels shows the gradients of several models, layer by epoch, on one scale.
func gradientPanels(models []TutorialModel) chart.Panels {
	panels := chart.Panels{Title: "Gradients by layer and epoch", Share: true}
	for _, m := range models {
		panels.Figures = append(panels.Figures, chart.Gradients{Title: m.Name, Norms: Gradients(m.History)})
	}
	return panels
}

// seedsFigure shows the accuracies of each model's seeds, with the tutorial's and that of the
// run that is shown.
func seedsFigure(models []TutorialModel, referenceEpochs int) chart.Spreads {
	epochs := models[0].History.Epochs()
	figure := chart.Spreads{
		Title:   fmt.Sprintf("Test accuracy of %d seeds after %s", len(models[0].Seeds), printable.Count(epochs, "epoch")),
		Told:    "the tutorial's one run",
		Shown:   "the run that is shown",
		Include: chart.Range{Min: 0.4, Max: 1},
		Chance:  0.5,
	}
	if epochs != referenceEpochs {
		figure.Told += fmt.Sprintf(", of %d epochs", referenceEpochs)
	}
	for _, m := range models {
		spread := chart.ModelSpread{Name: m.Name, Told: m.Reference, Shown: m.Summary.Result[0].TestAccuracy()}
		for i := range m.Seeds {
			spread.Values = append(spread.Values, m.Seeds[i].TestAccuracy())
		}
		figure.Models = append(figure.Models, spread)
	}
	return figure
}
