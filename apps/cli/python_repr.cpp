#include "apps/cli/python_repr.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace fpanet {
namespace {

// Python uses an exponent for values below 1e-4 and from 1e16 on.
constexpr int kSmallestFixedExponent = -4;
constexpr int kFirstLargeExponent = 16;

}  // namespace

std::string python_repr(double value) {
  if (std::isnan(value)) return "nan";
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "inf";

  // The shortest text that round-trips, "d.ddde[+-]xx". Its digits and exponent are formatted
  // below.
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                    std::chars_format::scientific);
  const std::string_view text(buffer.data(), result.ptr);
  const std::size_t e = text.find('e');
  const int exponent = std::stoi(std::string(text.substr(e + 1)));
  std::string digits(text.substr(0, e));
  if (digits.size() > 1) digits.erase(1, 1);  // the point

  if (exponent < kSmallestFixedExponent || exponent >= kFirstLargeExponent) {
    if (digits.size() > 1) digits.insert(1, 1, '.');
    return fmt::format("{}{}e{}{:02}", sign, digits, exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) return fmt::format("{}0.{}{}", sign, std::string(-exponent - 1, '0'), digits);
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  digits.resize(std::max(digits.size(), whole), '0');
  const std::string fraction = digits.substr(whole);
  return fmt::format("{}{}.{}", sign, digits.substr(0, whole), fraction.empty() ? "0" : fraction);
}

}  // namespace fpanet
