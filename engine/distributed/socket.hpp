#pragma once
// A TCP connection between two ranks.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace fpanet {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int handle) : handle_(handle) {}
  ~Socket();
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  bool is_open() const { return handle_ >= 0; }
  /// False if the other end has closed, its process has ended or its machine does not answer.
  bool send(std::span<const std::byte> bytes) const;
  bool receive(std::span<std::byte> bytes) const;
  /// True if something has arrived, or the end.
  bool readable(std::chrono::milliseconds within) const;
  /// Whether the other end has ended. Leaves what has arrived for receive().
  bool has_ended() const;

  /// Waits for connections at a port of this machine; 0: any. Throws Error if it is in use.
  static Socket listen_at(std::uint16_t port);
  std::uint16_t port() const;  ///< at which it waits
  Socket accept() const;
  /// A connection to a machine; not open if there is none at present. Throws Error if no machine of that
  /// name is known.
  static Socket connect_to(const std::string& host, std::uint16_t port);

 private:
  void set_options() const;

  int handle_ = -1;
};

}  // namespace fpanet
