// Package cases makes again what people asked about in public: networks that did not learn, each with its data and its flags.
// Its test trains them, checks what the verdict says first and whether the remedy helps, and writes docs/cases.md.
package cases
