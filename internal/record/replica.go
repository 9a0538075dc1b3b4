package record

import (
	"encoding/json"
	"fmt"

	"gradwatch/internal/runfolder"
)

// ReadReplica reads one replica of a weights.json, from 0; others may have
// diverged, which is null in the file.
func ReadReplica(path string, replica int) ([]Layer, error) {
	data, err := runfolder.ReadFile(path)
	if err != nil {
		return nil, err
	}
	layers, err := ParseReplica(data, replica)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return layers, nil
}

// ParseReplica reads one replica, from 0, of the content of a weights.json.
func ParseReplica(data []byte, replica int) ([]Layer, error) {
	var lists []json.RawMessage
	if err := json.Unmarshal(data, &lists); err != nil {
		return nil, fmt.Errorf("want a list of kernel, bias, kernel, bias, ...: %w", err)
	}
	if len(lists) > 0 && depth(lists[0]) < 3 {
		var only json.RawMessage = data
		lists = []json.RawMessage{only}
	}
	if replica < 0 || replica >= len(lists) {
		return nil, fmt.Errorf("replica %d: the file has the weights of %d", replica, len(lists))
	}
	var arrays []json.RawMessage
	if err := json.Unmarshal(lists[replica], &arrays); err != nil {
		return nil, fmt.Errorf("replica %d: want a list of kernel, bias, kernel, bias, ...: %w", replica, err)
	}
	layers, err := parseModel(arrays)
	if err != nil {
		return nil, fmt.Errorf("replica %d: %w", replica, err)
	}
	return layers, nil
}
