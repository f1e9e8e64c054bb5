// Every file lies in the folder that its name promises: kernels by op, apps by purpose. Every op of
// kernels/ has a test file of its own.

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace {

using fpanet::test::file_name;
using fpanet::test::files_below;
using fpanet::test::op_stem_of;
using fpanet::test::op_stems;
using fpanet::test::shared_kernel_rooms;

/// The name of the folder of `parent` that contains the file `path`; "" for a file directly in
/// `parent`. Empty folders do not matter because git does not store them.
std::string folder_in(const std::string& parent, const std::string& path) {
  const std::string rest = path.substr(parent.size() + 1);
  return rest.find('/') == std::string::npos ? "" : rest.substr(0, rest.find('/'));
}

std::vector<std::string> files_at_the_top_of_kernels() {
  std::vector<std::string> files;
  for (const std::string& path : files_below("kernels")) {
    if (folder_in("kernels", path).empty()) files.push_back(file_name(path));
  }
  return files;
}

/// True for what may follow an op's stem in a file name: the suffixes of the contract and of both
/// halves, headers of shared parts, and the wrappers of the CUDA libraries.
bool is_part_of_op(const std::string& rest) {
  static const std::set<std::string> kWhole = {".hpp", ".cpp", ".cu", "_cudnn.cpp", "_cublas.cpp"};
  return kWhole.contains(rest) || (rest.starts_with('_') && rest.ends_with(".hpp"));
}

}  // namespace

TEST_CASE("every op of kernels/ has a test of its own") {
  const std::set<std::string> stems = op_stems();
  CHECK(stems.size() >= 28);
  for (const std::string& op : stems) {
    const std::string test = "tests/kernels/" + op + "_test.cpp";
    const std::string text = fpanet::test::read_source(test);
    CHECK_MESSAGE(!text.empty(), "write ", test, ": kernels/", op, ".hpp has no test of its own");
    if (text.empty()) continue;
    CHECK_MESSAGE(text.find("#include \"kernels/" + op + ".hpp\"") != std::string::npos, test,
                  " has to include kernels/", op, ".hpp, which it tests");
    CHECK_MESSAGE(text.find("TEST_CASE") != std::string::npos, test, " has no test case");
  }
}

TEST_CASE("every file of tests/kernels names what it tests") {
  std::set<std::string> subjects = op_stems();
  subjects.insert(shared_kernel_rooms().begin(), shared_kernel_rooms().end());
  for (const std::string& path : files_below("tests/kernels")) {
    if (!path.ends_with("_test.cpp")) continue;
    CHECK_MESSAGE(!op_stem_of(file_name(path), subjects).empty(), path,
                  ": begin the name with the op of kernels/ or the room that it tests");
  }
}

TEST_CASE("files at the top of kernels/ belong to an op, at most five to each") {
  const std::set<std::string> stems = op_stems();
  std::map<std::string, std::vector<std::string>> files_of;
  for (const std::string& file : files_at_the_top_of_kernels()) {
    const std::string name = file.substr(0, file.find('.'));
    const std::string op = op_stem_of(name, stems);
    CHECK_MESSAGE((!op.empty() && is_part_of_op(file.substr(op.size()))), "kernels/", file,
                  " belongs to no op: name it after one, or put it into a folder");
    files_of[op].push_back(file);
  }
  for (const auto& one : files_of) {
    const std::string& op = one.first;
    const auto& files = one.second;
    CHECK_MESSAGE(files.size() <= 5, "move parts into kernels/", op, "/: ", files.size(),
                  " files at the top of kernels/ belong to ", op);
  }
}

TEST_CASE("folders of kernels/ are shared rooms or named after an op") {
  const std::set<std::string> stems = op_stems();
  std::set<std::string> folders;
  for (const std::string& path : files_below("kernels")) folders.insert(folder_in("kernels", path));
  folders.erase("");
  for (const std::string& room : shared_kernel_rooms()) CHECK_MESSAGE(folders.contains(room), room);
  for (const std::string& folder : folders) {
    CHECK_MESSAGE((shared_kernel_rooms().contains(folder) || stems.contains(folder)), "kernels/",
                  folder, "/ is neither a shared room nor an op with a kernels/", folder, ".hpp");
  }
}

TEST_CASE("apps/ holds the four programs and what they share, by purpose") {
  static const std::set<std::string> kRooms = {"cli",         "fpanet_eval",  "fpanet_predict",
                                               "fpanet_tool", "fpanet_train", "prediction",
                                               "report",      "training"};
  for (const std::string& path : files_below("apps")) {
    CHECK_MESSAGE(kRooms.contains(folder_in("apps", path)), path,
                  " is in none of the folders of apps/");
  }
}
