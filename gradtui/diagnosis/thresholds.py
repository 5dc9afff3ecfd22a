"""Where a difference becomes a diagnosis. One table, with the reason for each number."""

#: The signal at the first layer over the signal at the output. A thousandth is what a learning rate, tuned as well as
#: it may be, cannot give back without tearing the upper layers apart; the same upwards.
VANISHED = 1e-3
EXPLODED = 1e3

#: Share of a layer's units that never fire. In a deep ReLU net whose inputs look alike by the upper layers, half of the
#: units are silent from the start by mere chance, and in the worst of thirty layers of 64 units some 70 %. Three
#: quarters is no chance any more.
DYING = 0.75

#: Share of activations with less than 5 % of the largest slope. A layer in which most units sit there passes little.
SATURATED = 0.5

#: Share of gradient entries that this number format has rounded to 0.
UNDERFLOWN = 0.5

#: Under minimax a generator hears D(G(z)) times what moves the discriminator's answer: half where it is undecided,
#: and a twentieth of that where the odds are 39 to 1 that a sample is known for what it is.
STARVED = 0.025
