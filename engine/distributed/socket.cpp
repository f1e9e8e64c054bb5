#include "engine/distributed/socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

void set_option(int handle, int level, int option, int value) {
  ::setsockopt(handle, level, option, &value, sizeof value);
}

}  // namespace

Socket::~Socket() {
  if (handle_ >= 0) ::close(handle_);
}

bool Socket::send(std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Socket::receive(std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t received = ::recv(handle_, bytes.data(), bytes.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(received));
  }
  return true;
}

bool Socket::readable(std::chrono::milliseconds within) const {
  pollfd wanted{.fd = handle_, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(within.count())) > 0;
}

bool Socket::has_ended() const {
  std::byte next{};
  const ssize_t received = ::recv(handle_, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return received == 0 ||
         (received < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/// Small messages go at once; a machine that does not answer for 25 s is taken to have ended.
void Socket::set_options() const {
  set_option(handle_, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(handle_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(handle_, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(handle_, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(handle_, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(handle_, IPPROTO_TCP, TCP_USER_TIMEOUT, 25'000);
}

Socket Socket::listen_at(std::uint16_t port) {
  // IPv6's any address takes IPv4, too; a machine without IPv6 has IPv4's only.
  for (const int family : {AF_INET6, AF_INET}) {
    Socket socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) continue;
    set_option(socket.handle_, SOL_SOCKET, SO_REUSEADDR, 1);
    int bound = 0;
    if (family == AF_INET6) {
      set_option(socket.handle_, IPPROTO_IPV6, IPV6_V6ONLY, 0);
      sockaddr_in6 any{};
      any.sin6_family = AF_INET6;
      any.sin6_port = htons(port);
      bound = ::bind(socket.handle_, reinterpret_cast<const sockaddr*>(&any), sizeof any);
    } else {
      sockaddr_in any{};
      any.sin_family = AF_INET;
      any.sin_port = htons(port);
      bound = ::bind(socket.handle_, reinterpret_cast<const sockaddr*>(&any), sizeof any);
    }
    if (bound == 0 && ::listen(socket.handle_, SOMAXCONN) == 0) return socket;
    if (family == AF_INET || errno == EADDRINUSE || errno == EACCES) break;
  }
  fail("rank 0 cannot wait for the others at port {}: {}", port, std::strerror(errno));
}

std::uint16_t Socket::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(handle_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Socket Socket::accept() const {
  Socket socket(::accept4(handle_, nullptr, nullptr, SOCK_CLOEXEC));
  if (socket.is_open()) socket.set_options();
  return socket;
}

Socket Socket::connect_to(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  require(error == 0, "the machine {} of rank 0 is not known: {}", host, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) continue;
    if (::connect(socket.handle_, address->ai_addr, address->ai_addrlen) != 0) continue;
    socket.set_options();
    return socket;
  }
  return Socket();
}

}  // namespace fpanet
