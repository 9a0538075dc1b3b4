// Package tensorboard lets tests look at a log folder with TensorBoard itself:
// [Start] runs the real program, whose data come by HTTP, and [ReadEvents]
// reads event files with its Python readers. The two are independent: the
// program's default loader is written in Rust.
//
// TensorBoard is the one that scripts/setup installs in the repository. It is
// for tests alone; nothing of gradwatch needs it.
//
//	server, err := tensorboard.Start(ctx, "logs")
//	...
//	defer server.Close()
//	histograms, err := server.Histograms(ctx, "relu-5", "dense_1/kernel_0_grad")
package tensorboard
