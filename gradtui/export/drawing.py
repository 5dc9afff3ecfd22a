"""What the written program draws by itself: the batches of each step and the masks of dropout."""

from __future__ import annotations

from gradtui.engine.randomness import Stream
from gradtui.export.modules import Modules


def stored() -> str:
    """The function that unpacks what the program carries."""
    return STORED


def batches() -> list[str]:
    """The hash behind all draws, and the batches."""
    return [HASH, BATCHES.replace("STREAM", str(int(Stream.BATCH)))]


def dropout(modules: Modules) -> str:
    """The function that drops."""
    images = any(spec.dropout and spec.window is not None for spec in modules.hidden)
    flat = any(spec.dropout and spec.window is None for spec in modules.hidden)
    shaped = IMAGES if images and not flat else BOTH if images else FLAT
    return DROPOUT.replace("STREAM", str(int(Stream.DROPOUT))).replace("SHAPED", shaped)


STORED = '''\
@functools.cache
def stored(part):
    """The arrays at the end of this file whose names begin with `part`, as tensors by the rest."""
    with np.load(io.BytesIO(base64.b64decode(STORED))) as file:
        names = [name for name in file.files if name.startswith(part)]
        return {name.removeprefix(part): torch.from_numpy(file[name]) for name in names}
'''

HASH = '''\
def mix(x):
    """Spread 64 bits over 64 bits: the end of SplitMix64 (Steele, Lea & Flood 2014)."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return x ^ (x >> 31)


def random_bits(count, *purpose):
    """64 random bits for each of `count` indices: a hash of the seed, of what they are for, and of the
    index. So every step can be drawn again, whatever has been drawn before."""
    golden = 0x9E3779B97F4A7C15
    key = mix((SEED + golden) & 0xFFFFFFFFFFFFFFFF)
    for word in purpose:
        key = mix(((key ^ word) + golden) & 0xFFFFFFFFFFFFFFFF)
    index = np.arange(1, count + 1, dtype=np.uint64)
    return mix(np.uint64(key) + index * np.uint64(golden))
'''

BATCHES = '''\
@functools.lru_cache(maxsize=1)
def order(epoch):
    """The examples in the order of an epoch, a shuffle of its own (Fisher & Yates)."""
    examples = list(range(len(stored("training.")["inputs"])))
    bits = random_bits(len(examples), STREAM, epoch).tolist()  # STREAM: what is drawn is batches
    for last in range(len(examples) - 1, 0, -1):
        other = ((bits[last] >> 32) * (last + 1)) >> 32
        examples[last], examples[other] = examples[other], examples[last]
    return examples


def batch(step):
    """(inputs, targets) of a step; what is left over at the end of an epoch, less than a batch, is skipped."""
    training = stored("training.")
    epoch, number = divmod(step, len(training["inputs"]) // BATCH)
    chosen = order(epoch)[number * BATCH : (number + 1) * BATCH]
    return training["inputs"][chosen], training["targets"][chosen]
'''

DROPOUT = '''\
def dropout(x, rate, place, step):
    """A share `rate` of x set to 0, the rest grown to make up for it (Srivastava et al. 2014); layer and
    step decide which."""
    bits = random_bits(x.numel(), STREAM, place, step)  # STREAM: what is drawn is masks
    kept = (bits >> 11) >= int(rate * 2**53)
SHAPED
    return x * mask.to(x.dtype) / (1 - rate)
'''

FLAT = """\
    mask = torch.from_numpy(kept.reshape(x.shape))"""

IMAGES = """\
    # The numbers of an image are counted pixel by pixel, all channels of one before the next.
    images, channels, height, width = x.shape
    mask = torch.from_numpy(kept.reshape(images, height, width, channels)).movedim(-1, 1)"""

BOTH = """\
    if x.ndim == 4:
        # The numbers of an image are counted pixel by pixel, all channels of one before the next.
        images, channels, height, width = x.shape
        mask = torch.from_numpy(kept.reshape(images, height, width, channels)).movedim(-1, 1)
    else:
        mask = torch.from_numpy(kept.reshape(x.shape))"""
