"""A model file that calls reddish pixels rust: for tests of everything but vision, which it leaves nothing to wait for.

python -m tests.climber.quick_model     # writes it anew; needs the train extra
"""

from pathlib import Path

from vision.model_file import Card, sealed, to_metadata

QUICK = Path(__file__).parent / "redness.onnx"


def write() -> None:
    """Red minus blue in steps of 255, below 0 cut to 0."""
    from onnx import TensorProto, helper

    size: list[int | str | None] = [1, "h", "w"]
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["image"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("Split", ["real"], ["r", "g", "b"], axis=3, num_outputs=3),
            helper.make_node("Sub", ["r", "b"], ["redder"]),
            helper.make_node("Squeeze", ["redder", "last"], ["plane"]),
            helper.make_node("Relu", ["plane"], ["red"]),
            helper.make_node("Div", ["red", "most"], ["probability"]),
        ],
        "redness",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, [*size, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, size)],
        [
            helper.make_tensor("last", TensorProto.INT64, [1], [3]),
            helper.make_tensor("most", TensorProto.FLOAT, [1], [255.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    card = Card("redness", 0.25, 0.9, 0.1, (0.01, 0.1), (0.2, 3.0), "nearest-picture/1")
    helper.set_model_props(model, to_metadata(card))
    QUICK.write_bytes(sealed(model.SerializeToString()))


if __name__ == "__main__":
    write()
