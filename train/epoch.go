//go:build tensorflow

package train

import (
	"context"
	"fmt"

	"gradwatch/internal/record"
)

// firstUntrained returns the first epoch that is not completely trained, after steps of the given one.
func (t *trainer) firstUntrained(epoch int) int {
	if t.data.Stream != nil && t.groups[0].next > 0 {
		return epoch
	}
	return epoch + 1
}

// errEnded ends an epoch before its last step, because the epoch before it ended the run.
type errEnded struct{ state record.State }

func (e *errEnded) Error() string { return string(e.state) }

// steps trains on an epoch's batches, and makes the checkpoints within it that the run asks for.
func (t *trainer) steps(ctx context.Context, epoch int) error {
	freq := t.run.CheckpointSteps
	if t.data.Stream == nil || freq == 0 || t.sideBySide() {
		return t.each(func(g *group) error { return g.steps(ctx, epoch) })
	}
	g := t.groups[0]
	for {
		end := (g.next/freq + 1) * freq
		if lastSteps := g.batches.Count - g.traced; end > lastSteps {
			return g.steps(ctx, epoch)
		}
		if err := g.stepsTo(ctx, epoch, end); err != nil {
			return err
		}
		state, err := t.awaitMeasurement(epoch)
		if err != nil {
			return err
		}
		if state != record.Running {
			return &errEnded{state}
		}
		if err := t.saveWithin(epoch); err != nil {
			return err
		}
	}
}

// saveStopped makes the checkpoint of a run on a stream that is stopped within an epoch.
func (t *trainer) saveStopped(epoch int) error {
	if t.data.Stream == nil || t.sideBySide() || t.groups[0].next == 0 {
		return nil
	}
	return t.saveWithin(epoch)
}

// saveWithin makes a checkpoint after some steps of an epoch. The epoch before is recorded.
func (t *trainer) saveWithin(epoch int) error {
	if !t.divergenceKnown() {
		return nil
	}
	g := t.groups[0]
	if _, err := g.session.Run(g.program.Snapshot); err != nil {
		return fmt.Errorf("take a snapshot of epoch %d, step %d: %w", epoch, g.next, err)
	}
	g.snapshots = [2]position{g.snapshots[1], {epoch, g.next}}
	t.stepped = t.stepSeconds()
	return t.saveAt(epoch, g.next)
}

// startStream starts to read an epoch's batches, from the given one on.
func (g *group) startStream(epoch, from int) error {
	fed, err := g.streamed.Feed(g.stream.EpochRecords(epoch, from), g.model.Inputs)
	if err != nil {
		return err
	}
	_, err = g.session.Run(g.program.StartData, fed...)
	return err
}
