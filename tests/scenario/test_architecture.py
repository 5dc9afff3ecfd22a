"""The layers that a `[network]` table stands for: sizes, stages, blocks, lists; and a sentence for what cannot be."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from gradtui import Scenario
from gradtui.scenario import architecture
from gradtui.scenario.architecture import LayerSpec, Pool, Size, Window
from gradtui.scenario.errors import ScenarioError

DIGITS = Size(8, 8, 1)


def specs(inputs: Size = DIGITS, **network: Any) -> tuple[LayerSpec, ...]:
    return architecture.layers(Scenario.from_dict({"network": network}).network, inputs, 10)


def cnn(inputs: Size = DIGITS, **network: Any) -> tuple[LayerSpec, ...]:
    return specs(inputs, kind="cnn", **network)


def outputs(found: tuple[LayerSpec, ...]) -> list[tuple[int, int, int]]:
    return [tuple(spec.output) for spec in found]


# Sizes


def test_a_multilayer_perceptron_reads_an_image_as_one_row() -> None:
    found = specs(depth=2, width=5)
    assert [(spec.source.numbers, spec.size.numbers) for spec in found] == [(64, 5), (5, 5), (5, 10)]
    assert [spec.fan_in for spec in found] == [64, 5, 5]
    assert [spec.key for spec in found] == ["hidden.0", "hidden.1", "output"]
    assert [spec.tap for spec in found] == ["1", "2", "out"]
    assert [spec.place for spec in found] == [1, 2, 0]
    assert not any(spec.window for spec in found)


def test_no_hidden_layer() -> None:
    (alone,) = cnn(depth=0)
    assert alone.image == DIGITS
    assert alone.source == DIGITS.flat
    assert alone.size == Size(1, 1, 10)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "side"), [(3, 1, -1, 8), (3, 1, 0, 6), (5, 1, -1, 8), (2, 1, -1, 9), (3, 2, 1, 4)]
)
def test_the_places_of_a_window(kernel: int, stride: int, padding: int, side: int) -> None:
    first, out = cnn(depth=1, width=4, kernel=kernel, stride=stride, padding=padding)
    assert tuple(first.size) == (side, side, 4)
    assert first.fan_in == kernel**2
    assert out.source == Size(1, 1, 4)


def test_an_image_need_not_be_square() -> None:
    first, _ = cnn(Size(5, 9, 3), depth=1, width=2, stride=2)
    assert tuple(first.size) == (3, 5, 2)
    assert first.fan_in == 27


@pytest.mark.parametrize(("head", "numbers"), [("average", 6), ("max", 6), ("flatten", 8 * 8 * 6)])
def test_the_head_decides_what_the_output_layer_reads(head: str, numbers: int) -> None:
    *_, last, out = cnn(depth=2, width=6, head=head)
    assert out.source == Size(1, 1, numbers)
    assert last.pools == (() if head == "flatten" else (Pool(head == "max", None),))


# Stages


@pytest.mark.parametrize("downsample", ["stride", "max", "average"])
def test_each_stage_halves_the_image_and_doubles_the_channels(downsample: str) -> None:
    found = cnn(depth=7, width=2, stages=3, downsample=downsample, head="flatten")[:-1]
    assert [spec.size.channels for spec in found] == [2, 2, 2, 4, 4, 8, 8]
    assert [spec.image.height for spec in found] == (
        [8, 8, 8, 8, 4, 4, 2] if downsample == "stride" else [8] * 3 + [4] * 2 + [2] * 2
    )
    assert found[-1].output.height == 2
    if downsample == "stride":
        assert [spec.window.stride for spec in found if spec.window] == [1, 1, 1, 2, 1, 2, 1]
    else:
        window = Window(2, 2, 0)
        assert [spec.pools for spec in found if spec.pools] == [(Pool(downsample == "max", window),)] * 2


def test_the_channels_of_a_stage_grow_as_said() -> None:
    assert [spec.size.channels for spec in cnn(depth=5, width=2, stages=2, stage_growth=3)] == [2, 2, 2, 6, 6, 10]
    assert [spec.size.channels for spec in cnn(depth=5, width=2, stages=2, stage_growth=1)] == [2, 2, 2, 2, 2, 10]


def test_there_are_no_more_stages_than_blocks_and_none_is_skipped() -> None:
    """Nine layers are a first one and four blocks of two."""
    four = cnn(depth=9, width=2, stages=4)
    assert [spec.size.channels for spec in four[:-1]] == [2, 2, 2, 4, 4, 8, 8, 16, 16]
    assert outputs(cnn(depth=9, width=2, stages=6)) == outputs(four)
    assert [spec.size.channels for spec in cnn(depth=2, width=2, stages=3)] == [2, 2, 10]


# Blocks


def test_blocks_of_residual_connections() -> None:
    found = specs(depth=6, width=4, skip="residual")
    assert [spec.begins for spec in found] == [True, False, True, False, False, False, False]
    assert [spec.joins for spec in found] == [None, None, 0, None, 2, None, None]
    assert [spec.inside_block for spec in found] == [False, True, False, True, False, False, False]
    assert not any(spec.projection for spec in found)


@pytest.mark.parametrize("form", ["post", "pre"])
@pytest.mark.parametrize("downsample", ["stride", "max", "average"])
def test_a_projection_leads_from_one_stage_to_the_next(form: str, downsample: str) -> None:
    found = cnn(depth=5, width=3, stages=2, skip="rezero", skip_form=form, downsample=downsample)
    ends = [spec for spec in found if spec.joins is not None]
    assert [(spec.index, spec.joins) for spec in ends] == [(2, 0), (4, 2)]
    assert ends[0].projection is None
    assert ends[1].kept is not None
    assert ends[1].projection is not None
    assert ends[1].projection.over(ends[1].kept, ends[1].size.channels) == ends[1].size
    # A pool behind the layer that begins the block is on the way of the post form only.
    halved = downsample != "stride" and form == "post"
    assert ends[1].projection.stride == (1 if halved else 2)


def test_highway_gates_stand_where_sizes_agree() -> None:
    assert [spec.gated for spec in specs(depth=3, width=64, skip="highway")] == [False, True, True, False]
    staged = cnn(depth=5, width=2, stages=2, skip="highway")
    assert [spec.gated for spec in staged] == [False, True, True, False, True, False]


def test_dense_connections_grow() -> None:
    found = specs(depth=4, width=6, growth_rate=3, skip="dense")
    assert [spec.size.channels for spec in found] == [6, 3, 3, 3, 10]
    assert [spec.source.channels for spec in found] == [64, 6, 9, 12, 15]
    assert [spec.appends for spec in found] == [False, True, True, True, False]
    images = cnn(depth=3, width=6, growth_rate=2, skip="dense")
    assert outputs(images) == [(8, 8, 6), (8, 8, 8), (1, 1, 10), (1, 1, 10)]


# Lists


def listed(text: str, inputs: Size = DIGITS) -> tuple[LayerSpec, ...]:
    return architecture.layers(Scenario.from_dict(tomllib.loads(text)).network, inputs, 10)


LENET = """
[network]
kind = "cnn"
activation = "tanh"
dropout = 0.1
norm = "batch"
[[network.layer]]
width = 6
kernel = 5
[[network.layer]]
kind = "average_pool"
[[network.layer]]
width = 16
repeat = 2
activation = "relu"
norm = "none"
[[network.layer]]
kind = "max_pool"
kernel = 2
stride = 1
[[network.layer]]
kind = "average_pool"
[[network.layer]]
kind = "dense"
width = 20
dropout = 0.5
init = "he_normal"
init_bias = 1.0
"""


def test_a_list_of_layers() -> None:
    found = listed(LENET)
    assert outputs(found) == [(4, 4, 6), (4, 4, 16), (1, 1, 16), (1, 1, 20), (1, 1, 10)]
    assert [spec.activation for spec in found] == ["tanh", "relu", "relu", "tanh", "identity"]
    assert [spec.norm for spec in found] == ["batch", "none", "none", "batch", "none"]
    assert [spec.dropout for spec in found] == [0.1, 0.1, 0.1, 0.5, 0.0]
    assert [spec.own.init for spec in found] == ["xavier_normal"] * 3 + ["he_normal", "xavier_normal"]
    assert [spec.own.init_bias for spec in found] == [0.0, 0.0, 0.0, 1.0, 0.0]
    assert [len(spec.pools) for spec in found] == [1, 0, 2, 0, 0]
    assert [spec.tap for spec in found] == ["1", "2", "3", "4", "out"]
    assert architecture.depth(Scenario.from_dict(tomllib.loads(LENET)).network) == 4


def test_a_dense_layer_reads_an_image_as_one_row() -> None:
    text = '[network]\nkind = "cnn"\n[[network.layer]]\nwidth = 3\n[[network.layer]]\nkind = "dense"\nwidth = 7\n'
    _, dense, out = listed(text)
    assert dense.image == Size(8, 8, 3)
    assert dense.source == Size(1, 1, 192)
    assert dense.window is None
    assert dense.fan_in == 192
    assert out.source == Size(1, 1, 7)


def test_a_list_of_dense_layers_in_a_multilayer_perceptron() -> None:
    found = listed("[[network.layer]]\nwidth = 9\nrepeat = 2\n[[network.layer]]\nwidth = 4\n")
    assert [spec.size.channels for spec in found] == [9, 9, 4, 10]


def test_an_empty_list_leaves_it_to_depth_and_width() -> None:
    assert outputs(specs(layer=[], depth=2, width=3)) == outputs(specs(depth=2, width=3))


def test_a_changed_scenario_keeps_its_list() -> None:
    """What a listed layer leaves out stays left out."""
    scenario = Scenario.from_dict(tomllib.loads(LENET))
    changed = scenario.replace("network.activation=sigmoid", "network.dropout=0.2")
    assert changed.network.layer == scenario.network.layer
    found = architecture.layers(changed.network, DIGITS, 10)
    assert [spec.activation for spec in found] == ["sigmoid", "relu", "relu", "sigmoid", "identity"]
    assert [spec.dropout for spec in found] == [0.2, 0.2, 0.2, 0.5, 0.0]


# What cannot be

CNN = '[network]\nkind = "cnn"\nwidth = 4\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CNN + "depth = 1\nkernel = 9\npadding = 0", ["hidden layer 1", "8 x 8 pixels", "a smaller kernel"]),
        (CNN + "depth = 5\npadding = 0", ["hidden layer 4", "2 x 2 pixels", "more padding"]),
        (
            CNN + '[[network.layer]]\n[[network.layer]]\nkind = "max_pool"\nrepeat = 4',
            ["the pool behind hidden layer 1", "1 x 1 pixels", "fewer stages or pools"],
        ),
        (
            '[network]\nwidth = 10\ndepth = 3\nnorm = "group"\nnorm_groups = 4',
            ["network.norm_groups is 4", "10 units of hidden layer 1", "take one of 1, 2, 5, 10"],
        ),
        (CNN + 'depth = 2\nnorm = "group"\nnorm_groups = 3', ["4 channels of hidden layer 1", "1, 2, 4"]),
        (
            '[[network.layer]]\nwidth = 16\nnorm = "group"\n[[network.layer]]\nwidth = 12\nnorm = "group"',
            ["network.norm_groups is 8", "hidden layer 2", "1, 2, 3, 4, 6, 12"],
        ),
        (
            '[network]\ndepth = 3\nwidth = 8\nnorm = "group"',
            ["every unit of hidden layer 1 would be its own group", "take fewer groups"],
        ),
        (
            '[network]\ndepth = 3\nwidth = 1\nnorm = "layer"',
            ['network.norm = "layer"', "the only unit of hidden layer 1", "take more width"],
        ),
        (CNN + '[[network.layer]]\nkind = "max_pool"', ["network.layer[1] is a pool", "dense or conv"]),
        (
            CNN + '[[network.layer]]\nkind = "global_average_pool"\n[[network.layer]]\nwidth = 3',
            ["network.layer[1] is a pool"],
        ),
        (
            CNN + 'skip = "dense"\ndepth = 5\nstages = 2',
            ['network.skip = "dense"', "hidden layer 4", "leave out strides"],
        ),
        (CNN + 'skip = "dense"\ndepth = 5\npadding = 0', ["hidden layer 2", "same height and width"]),
        (
            CNN + 'skip = "residual"\nkernel = 2\ndepth = 3',
            ["the block that hidden layer 3 ends", "9 x 9 x 4", "11 x 11 x 4", "change strides, pools or padding"],
        ),
        ("[[network.layer]]\nwidth = 4096\nrepeat = 9", ["134,520,832 weights", "at most 100,000,000"]),
        (CNN.replace("4", "8") + "depth = 9\nstages = 4\nstage_growth = 8", ["weights; at most"]),
        (
            CNN + "depth = 600\n[[network.layer]]\nwidth = 64\nrepeat = 600",
            ["numbers of one example", "at most 4,000,000", "fewer channels or fewer layers"],
        ),
        (
            '[network]\ndepth = 2\nwidth = 4\nnorm = "weight"\ninit = "zeros"',
            ['network.init = "zeros"', "hidden layer 1", "take another init"],
        ),
        (
            '[network]\ndepth = 2\nwidth = 80\nnorm = "weight"\ninit = "identity"',
            ['network.init = "identity"', "hidden layer 1", "take another init"],
        ),
    ],
)
def test_sizes_that_do_not_fit(text: str, words: list[str]) -> None:
    scenario = Scenario.from_dict(tomllib.loads(text))
    with pytest.raises(ScenarioError) as caught:
        architecture.layers(scenario.network, DIGITS, 10)
    (sentence,) = caught.value.problems
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


LAYER = "[[network.layer]]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[network.layer]\nkind = "conv"', ["network.layer is ", "a list of tables: [[network.layer]]"]),
        ('[network]\nlayer = "conv"', ['network.layer is "conv"', "[[network.layer]]"]),
        ("[network]\nlayer = 3", ["network.layer is 3", "[[network.layer]]"]),
        ("[network]\nlayer = [3]", ["network.layer[1] is 3", "must be a table: [[network.layer]]"]),
        ("[network]\nlayer = [{width = 3}, [{}]]", ["network.layer[2] is [{}]", "[[network.layer]]"]),
        (LAYER + 'width = "3"', ['network.layer[1].width is "3"', "a whole number from 1 to 4,096"]),
        (LAYER + "width = 3.5", ["network.layer[1].width is 3.5", "whole number"]),
        (LAYER + "width = true", ["network.layer[1].width is true", "whole number"]),
        (LAYER + "[[network.layer]]\nwidth = 0", ["network.layer[2].width is 0"]),
        (LAYER + "init_std = nan", ["network.layer[1].init_std is nan", "above 0"]),
        (LAYER + "dropout = 1.0", ["network.layer[1].dropout is 1.0", "from 0 to below 1"]),
        (LAYER + 'kind = "convv"', ['network.layer[1].kind is "convv"', 'did you mean "conv"?']),
        (LAYER + "kind = 3", ["network.layer[1].kind is 3", "one of auto, dense, conv"]),
        (LAYER + 'activation = "rellu"', ["network.layer[1].activation", 'did you mean "relu"?']),
        (LAYER + "widht = 3", ["network.layer[1].widht is not a key of [[network.layer]]", "network.layer[1].width?"]),
        (LAYER + 'skip = "residual"', ["network.layer[1].skip is not a key", "did you mean network.skip?"]),
        (LAYER + "repeat = 0", ["network.layer[1].repeat is 0", "from 1 to 1,000"]),
        (LAYER + "repeat = 1000\n[[network.layer]]", ["network.layer lists 1,001 hidden layers", "at most 1,000"]),
        (LAYER + 'kind = "conv"', ['network.layer[1].kind is "conv"', 'set network.kind = "cnn"']),
        (LAYER + 'kind = "max_pool"', ['network.layer[1].kind is "max_pool"', 'network.kind = "cnn"']),
        (LAYER + "kernel = 3", ["network.layer[1].kernel means nothing to a layer of kind dense", "leave it out"]),
        (CNN + LAYER + 'kind = "dense"\nstride = 2', ["network.layer[1].stride means nothing", "of kind dense"]),
        (
            CNN + LAYER + LAYER + 'kind = "max_pool"\nwidth = 3',
            ["network.layer[2].width means nothing to a layer of kind max_pool"],
        ),
        (
            CNN + LAYER + LAYER + 'kind = "global_max_pool"\nkernel = 3',
            ["network.layer[2].kernel means nothing to a layer of kind global_max_pool"],
        ),
        ("[task]\nbatch = 1\n" + LAYER + 'norm = "batch"', ["task.batch is 1", "at least 2 examples"]),
        (
            LAYER + 'init = "torch_default"\ninit_bias = 3.0',
            ["network.layer[1].init_bias is 3.0", 'network.layer[1].init = "torch_default"', '"constant"'],
        ),
    ],
)
def test_a_list_that_says_nonsense(text: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_dict(tomllib.loads(text))
    (sentence,) = caught.value.problems
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


@pytest.mark.parametrize("key", ["network.layer", "network.layer[1].width", "network.layer.width"])
def test_a_list_is_written_in_a_file(key: str) -> None:
    with pytest.raises(ScenarioError, match="can only be written in a scenario file, not set"):
        Scenario.from_dict({}).replace(f"{key}=3")


def test_a_dense_layer_cannot_append_to_an_image() -> None:
    layers = [{"kind": "conv"}, {"kind": "dense"}]
    with pytest.raises(ScenarioError, match="put a global pool between them"):
        cnn(skip="dense", layer=layers)
    pooled = [layers[0], {"kind": "global_average_pool"}, layers[1]]
    assert cnn(skip="dense", width=4, growth_rate=3, layer=pooled)[1].output == Size(1, 1, 7)


def test_a_dense_layer_that_reads_an_image_has_no_gate_and_ends_no_block() -> None:
    layers = [{"kind": "conv", "width": 2, "stride": 3}, {"kind": "dense", "width": 18}, {"kind": "dense", "width": 18}]
    assert [spec.gated for spec in cnn(skip="highway", layer=layers)] == [False, False, True, False]
    with pytest.raises(ScenarioError, match="begins with an image, 3 x 3 x 2, and ends with a dense layer"):
        cnn(skip="rezero", skip_every=1, layer=layers)
