"""From the layers that a scenario stands for to layers with memory: who owns which region."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.ground import Vectors, batch_of, reserve_matrix
from gradtui.engine.kernels.activation import ACTIVATIONS, Activation
from gradtui.engine.kernels.prelu import PRELU
from gradtui.engine.layers import Layer, Measurements
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix, Picture
from gradtui.engine.norms import Norm, kind_of
from gradtui.engine.plan import Plan, inputs_of
from gradtui.engine.pools import Pooling
from gradtui.engine.products import Product, Reparametrised
from gradtui.engine.randomness import Stream
from gradtui.engine.residual import Join, Keep, LearnedJoin, Projection
from gradtui.engine.shared import reserve_feed, reserve_passes, reserve_shared, slopes, vectors_of
from gradtui.engine.stages import Activate, Append, Drop, Highway, LearnedSlope, Stage
from gradtui.scenario import architecture
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset


def activation_of(spec: LayerSpec) -> Activation:
    """The layer's row of the table of activations."""
    return PRELU[spec.own.prelu_share] if spec.activation == "prelu" else ACTIVATIONS[spec.activation]


def plan(scenario: Scenario, dataset: Dataset) -> Plan:
    """Lay the network out. Raises ScenarioError if the batch is larger than the training set, or layers do not fit."""
    batch = batch_of(scenario, dataset)
    specs = architecture.layers(scenario.network, inputs_of(scenario, dataset), dataset.outputs)
    return lay_out(Plan(scenario, dataset, batch, specs))


def lay_out(made: Plan) -> Plan:
    """Reserve all memory of a plan, and make its layers. Raises ScenarioError where a norm has nothing to compare."""
    _refuse_single_numbers(made)
    reserve_feed(made)
    reserve_passes(made)
    reserve_shared(made)
    builder = _Builder(made, vectors_of(made))
    first = made.specs[0].image
    x = made.regions["x"].reshaped(made.batch * first.positions, first.channels)
    for spec in made.specs:
        layer = builder.layer(spec, x)
        made.layers.append(layer)
        x = layer.output
    made.matrices = [layer.matrix for layer in made.layers] + builder.extra
    made.trained = [entry for layer in made.layers for entry in layer.trained()]
    return made


def _refuse_single_numbers(made: Plan) -> None:
    """Raises ScenarioError where a batch norm would take the mean of one number."""
    for spec in made.specs:
        if spec.norm == "batch" and made.batch * spec.size.positions == 1:
            raise ScenarioError(
                f"task.batch is 1 and the image of hidden layer {spec.tap} is one pixel: every number would be its "
                "own mean; take a batch of 2 or more, or another network.norm"
            )


@dataclass
class _Kept:
    """What an open residual block keeps, and the way back past it."""

    stream: Region
    direct: Region


class _Builder:
    """Makes one layer after the other."""

    def __init__(self, made: Plan, vectors: Vectors) -> None:
        self._made = made
        self._vectors = vectors
        self._kept: dict[int, _Kept] = {}
        self._units = 0
        self.extra: list[Matrix] = []

    def layer(self, spec: LayerSpec, x: Region) -> Layer:
        """The layer of a spec that reads x."""
        made, at = self._made, self._made.regions
        rows, units = made.batch * spec.size.positions, spec.size.channels
        product = self._product(spec)
        z, a = self._own(spec, "z", rows, units), self._own(spec, "a", rows, units)
        norm = self._norm(spec, rows)
        activate = Activate(
            activation=activation_of(spec),
            z=z,
            a=a,
            bend=at["bend"][spec.index],
            slope=self._slope(spec),
            sums=at["delta_sums"][spec.index],
        )
        before = norm is not None and spec.own.norm_place == "before"
        pre = spec.own.skip_form == "pre"
        join, keep = self._join(spec), self._keep(spec)
        highway, drop = self._highway(spec, rows, a), self._drop(spec, rows)
        stages: list[Stage | None] = [
            join if pre else None,
            keep if pre else None,
            norm if before else None,
            None if pre else join,
            activate,
            None if before else norm,
            highway,
            drop,
            self._append(spec, rows),
            *self._pools(spec),
            None if pre else keep,
        ]
        behind = norm.sums if norm and not before else at["delta_sums"][spec.index]
        made_signal = behind.part(0, (3,))
        output = self._output(spec, a, [stage for stage in stages if stage])
        words = at["live"].shape[0]
        bits = at["slope_bits"].part(self._units * words, (units, words))
        others = at["output_bits"].part(self._units * words, (units, words))
        self._units += units
        return Layer(
            spec=spec,
            x=x,
            product=product,
            stages=tuple(stage for stage in stages if stage),
            activate=activate,
            norm=norm,
            a=highway.y if highway else a,
            output=output,
            signal=drop.signal if drop else highway.signal if highway else made_signal,
            made=made_signal,
            measured=Measurements(
                activation=at["activation_sums"][spec.index],
                similarity=at["similarity"][spec.index],
                distance=at["distance_sums"][spec.index],
                counts=at["counts"][spec.index],
                slope_bits=bits,
                output_bits=bits if activate.activation.silent else others,
            ),
        )

    def _own(self, spec: LayerSpec, role: str, *shape: int) -> Region:
        return self._made.layout.region(f"{spec.key}.{role}", self._made.dtype, *shape)

    def _matrix(self, spec: LayerSpec, name: str, stream: Stream, picture: Picture, row: int) -> Matrix:
        made = self._made
        columns = picture.height * picture.width * picture.channels
        return reserve_matrix(
            made,
            name,
            (spec.size.channels, columns),
            picture,
            stream=stream,
            place=spec.place,
            inner=0 < spec.index < len(made.specs) - 1,
            row=row,
        )

    def _extra_matrix(self, spec: LayerSpec, name: str, stream: Stream, picture: Picture) -> Matrix:
        self.extra.append(self._matrix(spec, name, stream, picture, len(self._made.specs) + len(self.extra)))
        return self.extra[-1]

    def _product(self, spec: LayerSpec) -> Product:
        split = None
        name = f"{spec.key}.weight"
        units, columns = spec.size.channels, spec.fan_in
        bias = self._vectors.take(units)
        if spec.norm == "weight":
            name = f"{spec.key}.parametrizations.weight.original1"
            magnitude, magnitude_gradient = self._vectors.take(units)
            split = Reparametrised(
                name=f"{spec.key}.parametrizations.weight.original0",
                magnitude=magnitude,
                magnitude_gradient=magnitude_gradient,
                inverse=self._own(spec, "inverse_length", units),
                weight=self._own(spec, "effective_weight", units, columns),
                gradient=self._made.regions["clipped"].part(0, (units, columns)),
            )
        matrix = self._matrix(spec, name, self._made.weight_stream, Picture.of(spec.window, spec.image), spec.index)
        return self._product_of(spec, matrix, f"{spec.key}.bias", bias, split)

    def _product_of(
        self,
        spec: LayerSpec,
        matrix: Matrix,
        bias_name: str,
        bias: tuple[Region, Region],
        split: Reparametrised | None = None,
    ) -> Product:
        """A product that reads what the layer reads and makes what it makes: its own, or its gate's."""
        values, gradient = bias
        return Product(
            matrix=matrix,
            bias_name=bias_name,
            bias=values,
            bias_gradient=gradient,
            reparametrised=split,
            window=spec.window,
            source=spec.source,
            size=spec.size,
            room=self._made.regions["room"],
            places=self._made.regions["places"],
        )

    def _norm(self, spec: LayerSpec, rows: int) -> Norm | None:
        kind = kind_of(spec.norm, spec.size.positions)
        if kind is None:
            return None
        made, at, units = self._made, self._made.regions, spec.size.channels
        gamma, gamma_gradient = self._vectors.take(units)
        beta, beta_gradient = self._vectors.take(units)
        key = f"norm.{spec.index}"

        def region(role: str, *shape: int) -> Region:
            return made.layout.region(f"{key}.{role}", made.dtype, *shape)

        if kind.over_batch:
            inverse = region("inverse", units)
        elif kind.grouped:
            inverse = region("inverse", made.batch, spec.own.norm_groups if spec.norm == "group" else 1)
        else:
            inverse = region("inverse", rows)
        return Norm(
            key=key,
            kind=kind,
            positions=spec.size.positions,
            settings=at["norm_settings"][spec.index],
            gamma=gamma,
            beta=beta,
            gamma_gradient=gamma_gradient,
            beta_gradient=beta_gradient,
            running_mean=region("running_mean", units),
            running_variance=region("running_variance", units),
            mean=region("mean", units),
            scratch=at["norm_scratch"].part(0, (3, units)),
            inverse=inverse,
            x_hat=region("x_hat", rows, units),
            sums=at["norm_sums"][spec.index],
        )

    def _slope(self, spec: LayerSpec) -> LearnedSlope | None:
        if spec.activation != "prelu":
            return None
        column = self._made.regions["column"].part(0, (spec.size.channels,))
        return LearnedSlope(f"activation.{spec.index}.weight", *self._vectors.take(slopes(spec)), column)

    def _drop(self, spec: LayerSpec, rows: int) -> Drop | None:
        if spec.dropout == 0.0:
            return None
        return Drop(
            mask=self._own(spec, "mask", rows, spec.size.channels),
            signal=self._made.regions["dropout_signal"][spec.index],
            rate=self._made.regions["dropout_rate"][spec.index],
            clock=self._made.regions["clock"],
            seed=self._made.scenario.seed,
            place=spec.place,
        )

    def _highway(self, spec: LayerSpec, rows: int, a: Region) -> Highway | None:
        if not spec.gated:
            return None
        made, at, units = self._made, self._made.regions, spec.size.channels
        bias = self._vectors.take(units)
        picture = Picture.of(spec.window, spec.image)
        matrix = self._extra_matrix(spec, f"gate.{spec.index}.weight", Stream.GATE, picture)
        gate = self._product_of(spec, matrix, f"gate.{spec.index}.bias", bias)
        shared = {
            name: made.shared(name, "real", made.batch, made.largest).part(0, (rows, units))
            for name in ("gate_delta", "direct", "gate_below")
        }
        return Highway(
            gate=gate,
            h=a,
            t=self._own(spec, "t", rows, units),
            carry=self._own(spec, "carry", rows, units),
            y=self._own(spec, "y", rows, units),
            signal=at["highway_signal"][spec.index],
            sums=at["skip_sums"][spec.index],
            **shared,
        )

    def _append(self, spec: LayerSpec, rows: int) -> Append | None:
        if not spec.appends:
            return None
        made = self._made
        direct = made.shared("direct", "real", made.batch, made.largest)
        return Append(
            joined=self._own(spec, "joined", rows, spec.joined.channels),
            direct=direct.part(0, (rows, spec.source.channels)),
            sums=made.regions["skip_sums"][spec.index],
        )

    def _pools(self, spec: LayerSpec) -> list[Pooling]:
        made, size, found = self._made, spec.joined, []
        for number, pool in enumerate(spec.pools):
            made_size = pool.over(size)
            rows = made.batch * made_size.positions
            found.append(
                Pooling(
                    pool=pool,
                    source=size,
                    size=made_size,
                    pooled=self._own(spec, f"pooled_{number}", rows, size.channels),
                    winner=self._own(spec, f"winner_{number}", rows, size.channels) if pool.largest else None,
                )
            )
            size = made_size
        return found

    def _output(self, spec: LayerSpec, a: Region, stages: list[Stage]) -> Region:
        """Where the last stage leaves what the next layer reads."""
        for stage in reversed(stages):
            if isinstance(stage, Pooling):
                return stage.pooled
            if isinstance(stage, Append):
                return stage.joined
            if isinstance(stage, Highway):
                return stage.y
        return a

    # Residual blocks

    def _keep(self, spec: LayerSpec) -> Keep | None:
        if not spec.begins:
            return None
        made = self._made
        size = spec.size if spec.own.skip_form == "pre" else spec.output
        rows, units = made.batch * size.positions, size.channels
        end = made.specs[spec.index + spec.own.skip_every]
        # A projection's gradient needs the block's input again; otherwise all blocks keep it in one place.
        if end.projection:
            stream = self._own(spec, "stream", rows, units)
        else:
            stream = made.shared("stream", "real", made.batch, made.largest).part(0, (rows, units))
        direct = made.shared("direct", "real", made.batch, made.largest).part(0, (rows, units))
        self._kept[spec.index] = _Kept(stream, direct)
        return Keep(stream=stream, direct=direct, sums=made.regions["skip_sums"][spec.index])

    def _join(self, spec: LayerSpec) -> Join | None:
        if spec.joins is None:
            return None
        made, at = self._made, self._made.regions
        kept = self._kept[spec.joins]
        rows, units = made.batch * spec.size.positions, spec.size.channels
        projection = self._projection(spec, spec.kept, kept, rows) if spec.kept and spec.projection else None
        if spec.own.skip == "residual":
            return Join(kept.stream, kept.direct, projection, at["skip_scale"], at["skip_used"][spec.index])
        scale, scale_gradient = self._vectors.take(1)
        return LearnedJoin(
            kept.stream,
            kept.direct,
            projection,
            scale,
            at["skip_used"][spec.index],
            name=f"alpha.{spec.index}",
            scale_gradient=scale_gradient,
            branch=self._own(spec, "branch", rows, units),
        )

    def _projection(self, spec: LayerSpec, size: Size, kept: _Kept, rows: int) -> Projection:
        made, at = self._made, self._made.regions
        dense = size.positions == spec.size.positions == 1
        window = None if dense else spec.projection
        picture = Picture.of(window, size)
        product = Product(
            matrix=self._extra_matrix(spec, f"projection.{spec.index}.weight", Stream.PROJECTION, picture),
            bias_name="",
            bias=at["no_bias"].part(0, (spec.size.channels,)),
            bias_gradient=None,
            reparametrised=None,
            window=window,
            source=size,
            size=spec.size,
            room=at["room"],
            places=at["places"],
        )
        return Projection(
            product=product,
            projected=self._own(spec, "projected", rows, spec.size.channels),
            delta=made.shared("projection_delta", "real", made.batch, made.largest).part(0, (rows, spec.size.channels)),
            stream=kept.stream,
            direct=kept.direct,
        )
