#include "engine/weights/pickle/unpickler.hpp"

#include <bit>
#include <unordered_map>

#include "engine/weights/byte_cursor.hpp"
#include "engine/weights/pickle/calls.hpp"
#include "engine/weights/pickle/globals.hpp"
#include "engine/weights/pickle/limits.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet::pickle {

namespace {

enum class Op : std::uint8_t {
  mark = '(',
  binbytes = 'B',
  short_binbytes = 'C',
  stop = '.',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  binpersid = 'Q',
  reduce = 'R',
  binstring = 'T',
  short_binstring = 'U',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  appends = 'e',
  binget = 'h',
  long_binget = 'j',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  setitems = 'u',
  empty_dict = '}',
  empty_list = ']',
  empty_tuple = ')',
  binfloat = 'G',
  proto = 0x80,
  newobj = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a,
  short_binunicode = 0x8c,
  binbytes8 = 0x8e,
  empty_set = 0x8f,
  additems = 0x90,
  frozenset = 0x91,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
};

class Machine {
 public:
  Machine(std::string_view bytes, std::size_t begin, const std::string& name, Heap& heap,
          const PersistentLoad& persistent_load)
      : cursor_(bytes, name, begin), heap_(heap), persistent_load_(persistent_load) {}

  Unpickled run() {
    const std::size_t begin = cursor_.at();
    while (true) {
      op_at_ = cursor_.at();
      require(op_at_ - begin <= kMaxPickleBytes, "{}: pickle of more than {} bytes",
              cursor_.where(), kMaxPickleBytes);
      const auto op = static_cast<Op>(cursor_.number<std::uint8_t>());
      if (op == Op::stop) return {pop(), cursor_.at()};
      step(op);
    }
  }

 private:
  void step(Op op) {
    switch (op) {
      case Op::proto:
        return check_protocol();
      case Op::frame:
        cursor_.number<std::uint64_t>();  // the frame's size, a read-ahead hint
        return;
      case Op::mark:
        require(marks_.size() < kMaxMarks, "{}: more than {} open containers", here(), kMaxMarks);
        return marks_.push_back(stack_.size());

      case Op::none:
        return push(None{});
      case Op::newtrue:
        return push(true);
      case Op::newfalse:
        return push(false);
      case Op::binint:
        return push(std::int64_t{cursor_.number<std::int32_t>()});
      case Op::binint1:
        return push(std::int64_t{cursor_.number<std::uint8_t>()});
      case Op::binint2:
        return push(std::int64_t{cursor_.number<std::uint16_t>()});
      case Op::long1:
        return push_long(cursor_.take(cursor_.number<std::uint8_t>()));
      case Op::binfloat:
        return push(std::bit_cast<double>(__builtin_bswap64(cursor_.number<std::uint64_t>())));
      case Op::binunicode:
      case Op::binstring:
        return push_text(cursor_.number<std::uint32_t>());
      case Op::short_binunicode:
      case Op::short_binstring:
        return push_text(cursor_.number<std::uint8_t>());

      // Bytes and sets occur only in values that are not used.
      case Op::short_binbytes:
        return push_bytes(cursor_.number<std::uint8_t>());
      case Op::binbytes:
        return push_bytes(cursor_.number<std::uint32_t>());
      case Op::binbytes8:
        return push_bytes(cursor_.number<std::uint64_t>());
      case Op::empty_set:
        return push(Opaque{});
      case Op::additems: {
        pop_from(pop_mark());
        require(top().as<Opaque>() != nullptr, "{}: items added to {}", here(), kind_of(top()));
        return;
      }
      case Op::frozenset:
        pop_from(pop_mark());
        return push(Opaque{});

      case Op::empty_tuple:
        return push(Tuple{});
      case Op::tuple1:
        return push_tuple(depth() - need(1));
      case Op::tuple2:
        return push_tuple(depth() - need(2));
      case Op::tuple3:
        return push_tuple(depth() - need(3));
      case Op::tuple:
        return push_tuple(pop_mark());
      case Op::empty_list:
        return push(List{});
      case Op::append:
        return append_from(depth() - need(1));
      case Op::appends:
        return append_from(pop_mark());
      case Op::empty_dict:
        return push(Dict{});
      case Op::setitem:
        return set_items_from(depth() - need(2));
      case Op::setitems:
        return set_items_from(pop_mark());

      case Op::binput:
        return put(cursor_.number<std::uint8_t>());
      case Op::long_binput:
        return put(cursor_.number<std::uint32_t>());
      case Op::memoize:
        return put(static_cast<std::uint32_t>(memo_.size()));
      case Op::binget:
        return get(cursor_.number<std::uint8_t>());
      case Op::long_binget:
        return get(cursor_.number<std::uint32_t>());

      case Op::global: {
        const std::string_view module = cursor_.line();
        return push_global(module, cursor_.line());
      }
      case Op::stack_global: {
        const std::string_view name = pop_as<std::string_view>("a string");
        return push_global(pop_as<std::string_view>("a string"), name);
      }
      case Op::reduce:
      case Op::newobj: {
        const auto& args = pop_as<Tuple>("a tuple");
        const Global& global = *pop_as<const Global*>("a class or function");
        return stack_.push_back(call(global, args, heap_, here()));
      }
      case Op::build: {
        const Object* state = pop();
        return build(top(), *state, here());
      }
      case Op::binpersid: {
        const Object* id = pop();
        return stack_.push_back(persistent_load_(*id, here()));
      }
      case Op::stop:
        break;
    }
    fail("{}: opcode 0x{:02x} is refused: saved tensors do not use it", here(),
         static_cast<unsigned>(op));
  }

  Where here() const { return {cursor_.where(), op_at_}; }

  void check_protocol() {
    const auto protocol = cursor_.number<std::uint8_t>();
    require(protocol >= 2 && protocol <= 5, "{}: pickle protocol {} is not supported", here(),
            protocol);
  }

  template <class T>
  void push(T value) {
    stack_.push_back(heap_.make(std::move(value)));
  }

  /// Two's complement, little-endian. Integers of more than 64 bits are accepted but never used.
  void push_long(std::string_view digits) {
    if (digits.size() > sizeof(std::int64_t)) return push(Opaque{});
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    push(value);
  }

  void push_text(std::uint32_t length) {
    require(length <= kMaxText, "{}: text of {} bytes, more than {}", here(), length, kMaxText);
    push(cursor_.take(length));
  }

  void push_bytes(std::uint64_t length) {
    cursor_.take(length);
    push(Opaque{});
  }

  /// Whether an instance of the class that was named last follows: a mark or an empty tuple for its
  /// arguments, then NEWOBJ. Legacy files name the class of a module in a persistent id instead.
  bool makes_an_instance() const {
    const std::string_view* word = stack_.empty() ? nullptr : stack_.back()->as<std::string_view>();
    if (word != nullptr && *word == "module") return true;
    ByteCursor ahead = cursor_;
    const auto next = [&] { return ahead.left() > 0 ? ahead.number<std::uint8_t>() : 0; };
    int op = next();
    if (op == static_cast<int>(Op::binput) && ahead.left() > 0) {
      ahead.take(1);
      op = next();
    } else if (op == static_cast<int>(Op::long_binput) && ahead.left() >= 4) {
      ahead.take(4);
      op = next();
    } else if (op == static_cast<int>(Op::memoize)) {
      op = next();
    }
    return op == static_cast<int>(Op::empty_tuple) && next() == static_cast<int>(Op::newobj);
  }

  void push_global(std::string_view module, std::string_view name) {
    const Global* global = find_global(module, name);
    if (global == nullptr && makes_an_instance()) {
      fail(
          "{}: holds an object of the class {}.{}, which needs its Python code; only tensors and "
          "plain values are read: save its state_dict() instead, with "
          "torch.save(model.state_dict(), FILE)",
          here(), printable(module), printable(name));
    }
    require(global != nullptr,
            "{}: {}.{} is refused: only tensors and plain values are read, nothing is executed",
            here(), printable(module), printable(name));
    push(global);
  }

  void push_tuple(std::size_t first) { push(Tuple{pop_from(first)}); }

  void append_from(std::size_t first) {
    const std::vector<Object*> items = pop_from(first);
    List* list = top().as<List>();
    require(list != nullptr, "{}: items appended to {}", here(), kind_of(top()));
    list->items.insert(list->items.end(), items.begin(), items.end());
  }

  void set_items_from(std::size_t first) {
    const std::vector<Object*> items = pop_from(first);
    Dict* dict = top().as<Dict>();
    require(dict != nullptr, "{}: items set in {}", here(), kind_of(top()));
    require(items.size() % 2 == 0, "{}: a key without a value", here());
    for (std::size_t i = 0; i < items.size(); i += 2) {
      dict->items.emplace_back(items[i], items[i + 1]);
    }
  }

  void put(std::uint32_t index) {
    require(memo_.size() < kMaxObjects, "{}: memo of more than {}", here(), kMaxObjects);
    memo_[index] = &top();
  }

  void get(std::uint32_t index) {
    const auto found = memo_.find(index);
    require(found != memo_.end(), "{}: memo entry {} was never put", here(), index);
    require(stack_.size() < kMaxObjects, "{}: stack of more than {}", here(), kMaxObjects);
    stack_.push_back(found->second);
  }

  std::size_t depth() const { return stack_.size(); }

  /// Checks that at least `count` objects lie above the last mark, and returns `count`.
  std::size_t need(std::size_t count) const {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    require(stack_.size() - floor >= count, "{}: stack underflow", here());
    return count;
  }

  Object& top() const {
    need(1);
    return *stack_.back();
  }

  Object* pop() {
    Object* object = &top();
    stack_.pop_back();
    return object;
  }

  template <class T>
  const T& pop_as(std::string_view what) {
    const Object* object = pop();
    const T* value = object->as<T>();
    require(value != nullptr, "{}: {} where {} belongs", here(), kind_of(*object), what);
    return *value;
  }

  std::size_t pop_mark() {
    require(!marks_.empty(), "{}: no open container", here());
    const std::size_t first = marks_.back();
    marks_.pop_back();
    return first;
  }

  std::vector<Object*> pop_from(std::size_t first) {
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(first);
    std::vector<Object*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return items;
  }

  ByteCursor cursor_;
  Heap& heap_;
  const PersistentLoad& persistent_load_;
  std::size_t op_at_ = 0;
  std::vector<Object*> stack_;
  std::vector<std::size_t> marks_;  ///< stack depths at the open marks
  std::unordered_map<std::uint32_t, Object*> memo_;
};

}  // namespace

Unpickled unpickle(std::string_view bytes, std::size_t begin, const std::string& name, Heap& heap,
                   const PersistentLoad& persistent_load) {
  return Machine(bytes, begin, name, heap, persistent_load).run();
}

Object* refuse_persistent_ids(const Object&, const Where& where) {
  fail("{}: a persistent id where no tensor belongs", where);
}

}  // namespace fpanet::pickle
