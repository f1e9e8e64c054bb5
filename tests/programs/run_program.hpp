#pragma once
// Runs the built programs as a user does, and looks at what they leave behind.

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace fpanet::test {

/// A folder of its own, removed at the end.
class WorkFolder {
 public:
  WorkFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fpanet-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~WorkFolder() { std::filesystem::remove_all(path_); }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// `fpanet_NAME arguments...` through the shell; `work` holds its output meanwhile.
inline Outcome run_program(const WorkFolder& work, const std::string& name,
                           const std::string& arguments) {
  const std::string command = std::string(FPANET_PROGRAMS) + "/fpanet_" + name + " " + arguments +
                              " > " + (work / "out.txt").string() + " 2> " +
                              (work / "err.txt").string();
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(work / "out.txt"),
          contents(work / "err.txt")};
}

}  // namespace fpanet::test
