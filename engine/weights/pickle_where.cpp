#include "engine/weights/pickle_where.hpp"

fmt::appender fmt::formatter<fpanet::pickle::Where>::format(const fpanet::pickle::Where& where,
                                                            fmt::format_context& context) const {
  return fmt::format_to(context.out(), "{}: byte {}", where.name, where.byte);
}
