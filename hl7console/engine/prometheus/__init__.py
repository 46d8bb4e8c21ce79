"""The metrics endpoint: counters of the engine in the text format of Prometheus, over HTTP."""
