#pragma once

#include <exception>
#include <string>

namespace fpanet::test {

/// what() of the exception of type E that `body` throws; "" if it throws none.
template <class E, class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  }
  return {};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace fpanet::test
