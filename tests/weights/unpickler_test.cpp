#include <doctest/doctest.h>

#include <string>

#include "engine/weights/pickle/limits.hpp"
#include "engine/weights/pickle/persistent_id.hpp"
#include "engine/weights/pickle/unpickler.hpp"

namespace fpanet::pickle {

namespace {

using namespace std::string_literals;

/// The bytes must outlive the result, whose texts point into them.
const Object& load(const std::string& bytes, Heap& heap) {
  return *unpickle(bytes, 0, "p", heap, [&](const Object& id, const Where& where) {
            return storage_from_id(id, heap, where);
          }).root;
}

void check_refused(const std::string& bytes, const char* reason) {
  CAPTURE(std::string(reason));
  Heap heap("p");
  CHECK_THROWS_WITH_AS(load(bytes, heap), reason, Error);
}

const std::string kProto = "\x80\x02";
const std::string kStorage =
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
    "0X\3\0\0\0cpuK\6tQ"s;

/// _rebuild_tensor_v2(storage, offset 1, (2,2), (2,1), False, OrderedDict())
const std::string kTensor = "ctorch._utils\n_rebuild_tensor_v2\n(" + kStorage +
                            "K\1K\2K\2\x86K\2K\1\x86\x89"
                            "ccollections\nOrderedDict\n)RtR"s;

void check_tensor(const Object& object) {
  const TensorView* view = tensor_of(object);
  REQUIRE(view != nullptr);
  CHECK(view->storage->key == "0");
  CHECK(view->storage->numel == 6);
  CHECK(view->type == ElementType::f32);
  CHECK(view->offset == 1);
  CHECK(view->shape == std::vector<std::int64_t>{2, 2});
  CHECK(view->strides == std::vector<std::int64_t>{2, 1});
}

}  // namespace

TEST_CASE("unpickler: plain values") {
  Heap heap("p");
  const std::string bytes = kProto + "(NK\xffM\1\2J\xfe\xff\xff\xff\x8a\1\x80\x8a\0\x88"s +
                            "G\x3f\xf8\0\0\0\0\0\0U\2abX\2\0\0\0\xc3\xa9]}t."s;
  const auto& items = load(bytes, heap).as<Tuple>()->items;
  REQUIRE(items.size() == 12);
  CHECK(items[0]->as<None>() != nullptr);
  CHECK(*items[1]->as<std::int64_t>() == 255);
  CHECK(*items[2]->as<std::int64_t>() == 0x201);
  CHECK(*items[3]->as<std::int64_t>() == -2);
  CHECK(*items[4]->as<std::int64_t>() == -128);
  CHECK(*items[5]->as<std::int64_t>() == 0);
  CHECK(*items[6]->as<bool>());
  CHECK(*items[7]->as<double>() == 1.5);
  CHECK(*items[8]->as<std::string_view>() == "ab");
  CHECK(*items[9]->as<std::string_view>() == "\xc3\xa9");
  CHECK(items[10]->as<List>()->items.empty());
  CHECK(items[11]->as<Dict>()->items.empty());
}

TEST_CASE("unpickler: containers, memo and the last assignment of a key") {
  Heap heap("p");
  const std::string bytes = kProto + "}q\0(X\1\0\0\0aq\1K\1X\1\0\0\0b](K\5h\1euh\1K\2s."s;
  const Dict& dict = *load(bytes, heap).as<Dict>();
  CHECK(*find(dict, "a")->as<std::int64_t>() == 2);
  const auto& list = find(dict, "b")->as<List>()->items;
  REQUIRE(list.size() == 2);
  CHECK(*list[1]->as<std::string_view>() == "a");
  CHECK(find(dict, "c") == nullptr);
}

TEST_CASE("unpickler: an object that contains itself is harmless") {
  Heap heap("p");
  const Object& list = load(kProto + "]q\0h\0a."s, heap);
  CHECK(list.as<List>()->items[0] == &list);
}

TEST_CASE("unpickler: a tensor, however it is wrapped") {
  const std::string hooks = "ccollections\nOrderedDict\n)R";
  const std::string parameter = "ctorch.nn.parameter\nParameter\n";
  const std::string wrapped[] = {
      kTensor,
      "ctorch._utils\n_rebuild_parameter\n(" + kTensor + "\x88" + hooks + "tR",
      "ctorch._utils\n_rebuild_parameter_with_state\n(" + kTensor + "\x88" + hooks + "}tR",
      "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\n" + parameter +
          kTensor.substr(33, kTensor.size() - 34) + "}tR",
      parameter + ")\x81(" + kTensor + "N" + hooks + "\x88\x89tb",
      parameter + ")R(" + kTensor + "tb",
      "ccopy_reg\n_reconstructor\n(" + parameter + "c__builtin__\nobject\nNtR(" + kTensor + "tb",
      "ctorch._utils\n_rebuild_tensor\n(" + kStorage + "K\1K\2K\2\x86K\2K\1\x86tR",
  };
  for (const std::string& bytes : wrapped) {
    CAPTURE(bytes);
    Heap heap("p");
    const std::string pickle = kProto + bytes + ".";
    check_tensor(load(pickle, heap));
  }
}

TEST_CASE("unpickler: _rebuild_tensor_v3 gives an untyped storage its type") {
  Heap heap("p");
  const std::string bytes = kProto +
                            "ctorch._utils\n_rebuild_tensor_v3\n((X\7\0\0\0storagectorch.storage\n"
                            "UntypedStorage\nX\1\0\0\0"
                            "7X\3\0\0\0cpuK\4tQK\0K\2\x85K\1\x85\x89"
                            "ccollections\n"
                            "OrderedDict\n)Rctorch\nuint16\ntR."s;
  const TensorView* view = tensor_of(load(bytes, heap));
  REQUIRE(view != nullptr);
  CHECK(view->type == ElementType::u16);
  CHECK(view->storage->type == ElementType::u8);
}

TEST_CASE("unpickler: Python 2's OrderedDict holds its items in a list") {
  Heap heap("p");
  const std::string bytes = kProto + "ccollections\nOrderedDict\n](](U\1aK\1e](U\1bK\2ee\x85R."s;
  const Dict& dict = *load(bytes, heap).as<Dict>();
  CHECK(*find(dict, "b")->as<std::int64_t>() == 2);
}

TEST_CASE("unpickler: nothing off the lists passes, and its name and place are told") {
  check_refused(kProto + "cposix\nsystem\nX\2\0\0\0ls\x85R."s,
                "p: byte 2: posix.system is refused: only tensors and plain values are read, "
                "nothing is executed");
  check_refused(
      "\x80\x04\x8c\x08"
      "builtins\x8c\x04"
      "eval\x93.",
      "p: byte 18: builtins.eval is refused: only tensors and plain values are read, "
      "nothing is executed");
  check_refused(kProto + "c__main__\nA\x1b[2J\xff\n.",
                "p: byte 2: __main__.A?[2J? is refused: only tensors and plain values are read, "
                "nothing is executed");
  check_refused(kProto + "S'a'\n.",
                "p: byte 2: opcode 0x53 is refused: saved tensors do not use it");
  check_refused(kProto + "i__main__\nA\n.",
                "p: byte 2: opcode 0x69 is refused: saved tensors do not use it");
  check_refused(kProto + "\x82\1.",
                "p: byte 2: opcode 0x82 is refused: saved tensors do not use it");
  check_refused(kProto + "ctorch\nFloatStorage\n)R.",
                "p: byte 23: a call to torch.FloatStorage is refused");
  check_refused(kProto + "K\1}b.", "p: byte 5: BUILD of an integer from a dict is refused");
  check_refused("\x80\1.", "p: byte 0: pickle protocol 1 is not supported");
}

TEST_CASE("unpickler: a whole module is told apart, with what to save instead") {
  const std::string reason =
      "holds an object of the class __main__.FPANet, which needs its Python code; only tensors and "
      "plain values are read: save its state_dict() instead, with torch.save(model.state_dict(), "
      "FILE)";
  for (const std::string& instance :
       {std::string(")\x81}b."), "q\0)\x81q\1}q\2b."s, std::string("\x94)\x81}b.")}) {
    check_refused(kProto + "c__main__\nFPANet\n" + instance, ("p: byte 2: " + reason).c_str());
  }
  // As the value of a key, and as legacy files name it: ('module', class, file, source).
  check_refused(kProto + "}X\5\0\0\0modelc__main__\nFPANet\n)\x81}bs."s,
                ("p: byte 13: " + reason).c_str());
  check_refused(kProto + "(X\6\0\0\0modulec__main__\nFPANet\nX\1\0\0\0aX\1\0\0\0btQ."s,
                ("p: byte 14: " + reason).c_str());
}

TEST_CASE("unpickler: hyperparameters of NumPy, paths, sets and bytes are read over") {
  const std::string scalar =
      "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\2f8\x89\x88tR(K\3U\1<NNNJ\xff\xff\xff\xff"
      "J\xff\xff\xff\xffK\0tbc_codecs\nencode\n(X\2\0\0\0abU\6latin1tRtR"s;
  const std::string array =
      "cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85"
      "C\1btR(K\1K\3\x85NN\x89"
      "B\2\0\0\0xytb"s;
  const std::string values[] = {
      scalar,
      array,
      "cpathlib\nPosixPath\n(U\1/U\4datatR"s,
      "cpathlib._local\nPosixPath\n(U\1/tR"s,
      "c__builtin__\nset\n](K\1K\2e\x85R"s,
      "c__builtin__\nbytes\n)R"s,
      "\x8f(K\1K\2\x90"s,
      "(K\1K\2\x91"s,
      "\x8e\3\0\0\0\0\0\0\0abc"s,
  };
  for (const std::string& value : values) {
    CAPTURE(value);
    Heap heap("p");
    const std::string bytes = kProto + "}(U\1a" + value + "U\1bK\7u.";
    const Dict& dict = *load(bytes, heap).as<Dict>();
    CHECK(find(dict, "a")->as<Opaque>() != nullptr);
    CHECK(*find(dict, "b")->as<std::int64_t>() == 7);
  }
  check_refused(kProto + "](K\1\x90.", "p: byte 6: items added to a list");
  check_refused(kProto + "\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
                "p: ends early: 9223372036854775807 bytes wanted at byte 11 of 12");
}

TEST_CASE("unpickler: malformed pickles") {
  check_refused("", "p: ends early: 1 bytes wanted at byte 0 of 0");
  check_refused(kProto, "p: ends early: 1 bytes wanted at byte 2 of 2");
  check_refused(kProto + ".", "p: byte 2: stack underflow");
  check_refused(kProto + "(.", "p: byte 3: stack underflow");
  check_refused(kProto + "K\1(a.", "p: byte 5: stack underflow");
  check_refused(kProto + "K\1K\2a.", "p: byte 6: items appended to an integer");
  check_refused(kProto + "](K\1u.", "p: byte 6: items set in a list");
  check_refused(kProto + "}(K\1u.", "p: byte 6: a key without a value");
  check_refused(kProto + "t.", "p: byte 2: no open container");
  check_refused(kProto + "h\5.", "p: byte 2: memo entry 5 was never put");
  check_refused(kProto + "K\1K\2R.", "p: byte 6: an integer where a tuple belongs");
  check_refused(kProto + "K\1)R.", "p: byte 5: an integer where a class or function belongs");
  check_refused(kProto + "cposix", "p: ends early: a line from byte 3 has no end");
  check_refused(kProto +
                    "X\xff\xff\xff\x7f"
                    "a.",
                "p: byte 2: text of 2147483647 bytes, more than 1048576");
  check_refused(kProto + "X\5\0\0\0ab"s, "p: ends early: 5 bytes wanted at byte 7 of 9");
  check_refused(kProto + "K\1Q.",
                "p: byte 4: a persistent id that is not PyTorch's ('storage', class, key, "
                "location, numel)");
  check_refused(kProto + "ctorch._utils\n_rebuild_tensor_v2\n)R.",
                "p: byte 36: torch._utils._rebuild_tensor_v2 with 0 arguments");
  check_refused(kProto + "ctorch._utils\n_rebuild_tensor_v2\n(K\1K\1))tR.",
                "p: byte 43: torch._utils._rebuild_tensor_v2 cannot take an integer as argument 0");
  check_refused(kProto + "ctorch._utils\n_rebuild_tensor_v2\n(" + kStorage + "K\0K\2\x85)tR."s,
                "p: byte 94: tensor of shape (2) has strides ()");
}

TEST_CASE("unpickler: a pickle cannot ask for more than its limits") {
  check_refused(kProto + std::string(kMaxMarks + 1, '('),
                "p: byte 258: more than 256 open containers");
  check_refused(kProto + std::string(kMaxObjects + 1, 'N'),
                "p: its pickles have more than 1048576 objects");
  check_refused(kProto + "N" + std::string(kMaxObjects + 1, '\x94'),
                "p: byte 1048579: memo of more than 1048576");

  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  // Each call names a list of 100,000 items again in five bytes.
  const char* repeats =
      "p: its pickles repeat their contents, which would take more memory or time than a file of "
      "its size may use";
  const std::string items = "(K\1K\1\x86q\1" + repeated("h\1", 100'000 - 1);
  check_refused(kProto + "(ccollections\nOrderedDict\nq\0]"s + items + "e\x85q\2" +
                    repeated("h\0h\2R"s, 1000) + "t.",
                repeats);
  // Tensors of 64 dimensions, likewise.
  const std::string shape = "(" + repeated("K\1", 64) + "tq\5h\5";
  check_refused(kProto + "(ctorch._utils\n_rebuild_tensor\nq\0("s + kStorage + "K\0"s + shape +
                    "tq\2" + repeated("h\0h\2R"s, 100'000) + "t.",
                repeats);
  // A torch.Size is the tuple that it was made of.
  Heap heap("p");
  const std::string sizes =
      kProto + "(ctorch\nSize\nq\0"s + items + "t\x85q\2" + repeated("h\0h\2R"s, 1000) + "t.";
  const auto& made = load(sizes, heap).as<Tuple>()->items;
  REQUIRE(made.size() == 1002);
  CHECK(made[2] == made[1001]);
}

}  // namespace fpanet::pickle
