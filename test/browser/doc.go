// Package browser holds tests alone, behind the build tag browser: they open
// TensorBoard in a headless Chromium and look at what the tutorial's reader
// looks at, who makes a study, and who wants a run's verdict. scripts/test-browser
// runs them; chromium must be on PATH.
//
// They save a screenshot of each page in .runtime/screenshots, or in the folder
// that the environment variable BROWSER_SHOTS names.
package browser
