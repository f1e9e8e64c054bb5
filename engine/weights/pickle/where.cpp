#include "engine/weights/pickle/where.hpp"

#include <algorithm>

fmt::appender fmt::formatter<fpanet::pickle::Where>::format(const fpanet::pickle::Where& where,
                                                            fmt::format_context& context) const {
  return std::ranges::copy(fmt::format("{}: byte {}", where.name, where.byte), context.out()).out;
}
