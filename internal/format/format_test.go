package format

import (
	"math"
	"testing"

	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// TestMetricText checks that values are written as a person would say them.
func TestMetricText(t *testing.T) {
	for _, tc := range []struct {
		metric record.Metric
		value  float64
		want   string
	}{
		{record.Accuracy, 0.8456, "0.846"},
		{record.Accuracy, 0.0001, "0.000"},
		{record.Accuracy, math.NaN(), "nan"},
		{record.R2, -149344936, "-1.493e+08"},
		{record.R2, -0.00003, "0.000"},
		{record.R2, -0.097, "-0.097"},
		{record.MAE, 0, "0.000"},
		{record.MAE, 0.000031, "3.100e-05"},
		{record.MAE, 0.25, "0.250"},
		{record.MAE, 21345.6, "21346"},
		{record.MAE, 3.25, "3.250"},
		{record.MAE, 4.5e12, "4.500e+12"},
		{record.MAE, math.Inf(1), "+inf"},
	} {
		if got := Metric(tc.metric, tc.value); got != tc.want {
			t.Errorf("%s %v: got %s, want %s", tc.metric.Short(), tc.value, got, tc.want)
		}
	}
	for value, want := range map[float64]string{0: "0.000", 0.69: "0.690", 0.00004: "4.000e-05", 1234567890123456: "1.235e+15"} {
		if got := Loss(value); got != want {
			t.Errorf("loss %v: got %s, want %s", value, got, want)
		}
	}
}

// TestCenterText checks a mean with its deviation.
func TestCenterText(t *testing.T) {
	for want, values := range map[string][]float64{"-2.000e+09 ± 0.000": {-2e9, -2e9}, "0.500": {0.5}} {
		if got := Center(record.R2, study.NewSpread(values)); got != want {
			t.Errorf("%v: got %s, want %s", values, got, want)
		}
	}
}

// TestMetricNames checks that R² is nowhere called an accuracy.
func TestMetricNames(t *testing.T) {
	if record.R2.Title() != "R²" || record.R2.Short() != "R²" || record.R2.Name() != "r2" {
		t.Errorf("got %q, %q and %q, want R², R² and r2", record.R2.Title(), record.R2.Short(), record.R2.Name())
	}
}
