"""A model in other programs that run it: each writes a file of its own, and answers from it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mnist_helpers.app.exporting import ExportError, layers_of
from mnist_helpers.app.onnx_export import FromPixels, export_onnx

Forward = Callable[[NDArray[np.uint8]], NDArray]  # pixels (n, 28, 28) -> logits (n, 10)
Ways = dict[str, tuple[Path, Forward]]  # what one number takes -> the file, and the function that answers

ONE_IMAGE = torch.zeros(1, 28, 28, dtype=torch.uint8)


def in_onnx(model: nn.Module, folder: Path) -> Ways:
    """ONNX Runtime; it makes the int8 weights itself."""
    import onnx
    import onnxruntime
    from onnxruntime import quantization

    whole, small = export_onnx(model, folder / "float32.onnx"), folder / "int8.onnx"
    bare = onnx.load(whole)
    del bare.graph.value_info[:]  # shapes as torch 2.6 notes them: of weights that are transposed next
    quantization.quantize_dynamic(bare, small, weight_type=quantization.QuantType.QInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1

    def session(path: Path) -> Forward:
        ready = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda pixels: ready.run(["logits"], {"pixels": pixels})[0]

    return {"float32": (whole, session(whole)), "int8": (small, session(small))}


def in_executorch(model: nn.Module, folder: Path) -> Ways:
    """ExecuTorch, with XNNPACK's matrix products for processors."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower
    from executorch.extension.pybindings.portable_lib import _unsafe_reset_threadpool
    from executorch.runtime import Runtime

    exported = torch.export.export(FromPixels(model), (ONE_IMAGE,))
    program = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()]).to_executorch()
    path = folder / "float32.pte"
    path.write_bytes(program.buffer)
    _unsafe_reset_threadpool(1)  # safe while nothing runs
    method = Runtime.get().load_program(path).load_method("forward")
    return {"float32": (path, one_by_one(lambda image: method.execute([torch.from_numpy(image)])[0].numpy()))}


def in_litert(model: nn.Module, folder: Path) -> Ways:
    """LiteRT; TensorFlow writes its files, from the same layers that the app gets."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    layers = layers_of(model)

    def logits(pixels):
        x = tf.reshape(tf.cast(pixels, tf.float32) / 255, (1, -1))
        for layer in layers:
            if layer["type"] == "linear":
                x = tf.matmul(x, layer["weight"].numpy(), transpose_b=True) + layer["bias"].numpy()
            elif layer["type"] == "relu":
                x = tf.nn.relu(x)
            elif layer["type"] not in ("flatten", "softmax"):
                raise ExportError(f"for LiteRT the course does not write {layer['type']}")
        return x

    tf.config.set_visible_devices([], "GPU")  # it would take all of a graphics card's memory
    pixels = tf.TensorSpec(ONE_IMAGE.shape, tf.uint8)
    traced = tf.function(logits, autograph=False).get_concrete_function(pixels)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced])

    def interpreter(path: Path) -> Forward:
        path.write_bytes(converter.convert())
        ready = Interpreter(path, num_threads=1)
        ready.allocate_tensors()
        ((into,), (out,)) = (
            [part["index"] for part in details]
            for details in (ready.get_input_details(), ready.get_output_details())
        )

        def answer(image: NDArray[np.uint8]) -> NDArray:
            ready.set_tensor(into, image)
            ready.invoke()
            return ready.get_tensor(out)

        return one_by_one(answer)

    ways = {"float32": (folder / "float32.tflite", interpreter(folder / "float32.tflite"))}
    converter.optimizations = [tf.lite.Optimize.DEFAULT]  # int8 weights
    return ways | {"int8": (folder / "int8.tflite", interpreter(folder / "int8.tflite"))}


def one_by_one(answer: Forward) -> Forward:
    """For programs whose file is made for a single image."""
    return lambda pixels: np.concatenate([answer(pixels[n : n + 1]) for n in range(len(pixels))])


PROGRAMS = {  # with what must be installed: the package that runs it, then those that write its files
    "ONNX Runtime": (in_onnx, ("onnxruntime", "onnx", "onnxscript")),
    "ExecuTorch": (in_executorch, ("executorch",)),
    "LiteRT": (in_litert, ("ai-edge-litert", "tensorflow")),
}
