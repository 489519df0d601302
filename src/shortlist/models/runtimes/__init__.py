"""What runs a graph: onnxruntime or OpenVINO, in float32, bfloat16 or bytes, on the processor or a GPU."""
