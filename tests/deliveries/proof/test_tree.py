"""The tree of RFC 9162."""

from __future__ import annotations

import pytest

from petition.deliveries.proof import tree

TEXTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
INPUTS = list(map(bytes.fromhex, TEXTS))
# The test vectors of github.com/google/certificate-transparency (merkle_tree_test), also used by transparency-dev.
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
PATHS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def leaves(size: int) -> list[bytes]:
    return [tree.leaf(b"%d" % number) for number in range(size)]


def by_definition(hashes: list[bytes]) -> bytes:
    """Section 2.1.1, word by word."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return tree.sha256(b"\1" + by_definition(hashes[:half]) + by_definition(hashes[half:])).digest()


def test_the_known_roots() -> None:
    assert tuple(tree.root(map(tree.leaf, INPUTS[:size])).hex() for size in range(9)) == ROOTS


@pytest.mark.parametrize(("place", "path"), PATHS.items(), ids=str)
def test_the_known_paths(place: tuple[int, int], path: tuple[str, ...]) -> None:
    index, size = place
    found = tree.path([tree.leaf(one) for one in INPUTS[:size]], index)
    assert tuple(one.hex() for one in found) == path


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33, 64, 65])
def test_every_path_holds_at_its_place_and_nowhere_else(size: int) -> None:
    hashes = leaves(size)
    root = tree.root(hashes)
    assert root == by_definition(hashes)
    for index, leaf in enumerate(hashes):
        path = tree.path(hashes, index)
        places = {
            (at, of) for of in range(size + 2) for at in range(-1, of + 1) if tree.holds(leaf, at, of, path, root)
        }
        assert (index, size) in places
        assert {at for at, of in places if of == size} == {index}
        assert not tree.holds(tree.leaf(b"another"), index, size, path, root)
        assert not tree.holds(leaf, index, size, [*path, bytes(32)], root)
        assert not path or not tree.holds(leaf, index, size, path[:-1], root)


@pytest.mark.parametrize("size", [1023, 1024, 1025, 2048, 2500, 5 * 1024 + 1])
def test_a_large_tree_is_its_rows_and_their_tops(size: int) -> None:
    hashes = leaves(size)
    rows = [hashes[at : at + tree.ROW] for at in range(0, size, tree.ROW)]
    tops = [tree.root(row) for row in rows]
    root = tree.root(iter(hashes))
    assert root == tree.root_of_tops(tops) == by_definition(hashes)
    for index in {0, 1, 1000, 1022, size // 2, size - 2, size - 1}:
        in_rows = tree.path(rows[index // tree.ROW], index % tree.ROW) + tree.path(tops, index // tree.ROW)
        assert in_rows == tree.path(hashes, index)
        assert tree.holds(hashes[index], index, size, in_rows, root)


def test_there_is_no_path_to_a_leaf_outside() -> None:
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.path(leaves(3), index)
