package config

import _ "embed"

// Example is a configuration with every setting, each explained.
//
//go:embed example.yaml
var Example string
