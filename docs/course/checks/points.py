"""Checks lesson 4: the rounding error of F(4x4,3x3) in float, for given evaluation points."""

import random
from ctypes import c_float
from fractions import Fraction

USUAL = [0, 1, -1, 2, -2]


def rounded(value):
    return c_float(value).value


def matrices(points):
    """A, G and B^T of F(4,3) at five finite points and infinity, as floats."""
    def product(roots):
        c = [Fraction(1)]
        for q in roots:
            c = [a - q * b for a, b in zip([Fraction(0)] + c, c + [Fraction(0)])]
        return c

    a, g, bt = [], [], []
    for p in points:
        others = [q for q in points if q != p]
        n = Fraction(1)
        for q in others:
            n *= p - q
        a.append([p**i for i in range(4)])
        g.append([p**k / n for k in range(3)])
        bt.append(product(others) + [0])
    rows = a + [[0, 0, 0, 1]], g + [[0, 0, 1]], bt + [product(points)]
    return [[[rounded(float(v)) for v in row] for row in matrix] for matrix in rows]


def product(a, b):
    """Product of matrices, each operation rounded to float."""
    result = []
    for row in a:
        result.append([])
        for column in zip(*b):
            total = 0.0
            for x, y in zip(row, column):
                total = rounded(total + rounded(x * y))
            result[-1].append(total)
    return result


def transposed(a):
    return [list(column) for column in zip(*a)]


def error(points, tiles=60):
    """Root mean square of the error, relative to that of the outputs."""
    a, g, bt = matrices(points)
    source = random.Random(5)
    squares = errors = 0.0
    for _ in range(tiles):
        d = [[rounded(abs(source.gauss(0, 1))) for _ in range(6)] for _ in range(6)]
        w = [[rounded(source.gauss(0, 1)) for _ in range(3)] for _ in range(3)]
        u, v = product(product(g, w), transposed(g)), product(product(bt, d), transposed(bt))
        m = [[rounded(x * y) for x, y in zip(p, q)] for p, q in zip(u, v)]
        y = product(product(transposed(a), m), a)
        for i in range(4):
            for j in range(4):
                exact = sum(w[k][l] * d[i + k][j + l] for k in range(3) for l in range(3))
                squares += exact * exact
                errors += (y[i][j] - exact) ** 2
    return (errors / squares) ** 0.5


def check(points):
    """Five different finite points, whose error has to be less than 0.6 of that of the usual ones."""
    exact = [Fraction(p) for p in points]
    if len(exact) != 5 or len(set(exact)) != 5:
        raise SystemExit(f"{points}: expected five different numbers")
    mine, usual = error(exact), error([Fraction(p) for p in USUAL])
    print(f"error {mine:.1e}, of the usual points {usual:.1e}: {mine / usual:.2f}")
    if not mine < 0.6 * usual:
        raise SystemExit("not yet: less than 0.60 of the usual points is possible")
    print("right")
