"""Checks lesson 2: reverse mode over a list of nodes."""

import random

OPS = {  # value, and derivative by each input
    "add": (lambda a, b: a + b, [lambda a, b: 1, lambda a, b: 1]),
    "mul": (lambda a, b: a * b, [lambda a, b: b, lambda a, b: a]),
    "square": (lambda a: a * a, [lambda a: 2 * a]),
}


def derivative(op, k, inputs):
    """d output / d input k of an op, for these values of its inputs."""
    return OPS[op][1][k](*inputs)


def forward(nodes, inputs):
    """The values by number. Inputs are numbers 0, 1, ...; each node adds the next one."""
    values = list(inputs)
    for op, reads in nodes:
        values.append(OPS[op][0](*(values[i] for i in reads)))
    return values


def check(backward):
    """backward(nodes, values, gradients, write): write(value, how, amount) changes `gradients`, where
    `how` is "assign" or "accumulate". At first they hold the gradient of the last value, 1."""
    source = random.Random(1)
    for trial in range(200):
        inputs = [source.uniform(-1, 1) for _ in range(2)]
        nodes = []
        for k in range(source.randint(1, 8)):
            op = source.choice(list(OPS))
            count = len(OPS[op][1])
            nodes.append((op, [source.randrange(2 + k) for _ in range(count)]))
        values = forward(nodes, inputs)
        loss = len(values) - 1
        gradients = {loss: 1.0}

        def write(value, how, amount):
            if how not in ("assign", "accumulate"):
                raise SystemExit(f"write({value}, {how!r}, ...): expected 'assign' or 'accumulate'")
            if how == "assign" and value in gradients:
                raise SystemExit(f"{nodes}: value {value} is assigned again, which drops a part")
            if how == "accumulate" and value not in gradients:
                raise SystemExit(f"{nodes}: value {value} is accumulated before it is assigned")
            gradients[value] = amount + (gradients[value] if how == "accumulate" else 0)

        backward(nodes, values, gradients, write)
        for i in range(2):
            up = forward(nodes, [x + 1e-6 * (k == i) for k, x in enumerate(inputs)])[-1]
            down = forward(nodes, [x - 1e-6 * (k == i) for k, x in enumerate(inputs)])[-1]
            numeric = (up - down) / 2e-6
            got = gradients.get(i, 0.0)
            if abs(got - numeric) > 1e-5 * max(1, abs(numeric)):
                raise SystemExit(f"{nodes} at {inputs}: the gradient of value {i} is {got}, "
                                 f"a difference quotient gives {numeric}")
    print("right")
