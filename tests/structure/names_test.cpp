// Every file name in a comment or document has to name a file that exists, so that readers find it.

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace {

using fpanet::test::files_below;
using fpanet::test::is_cpp_or_cuda;

/// Names in prose that refer to files outside the repository. This is the whole list of exceptions.
const std::set<std::string> kOthersFiles = {
    // Sources of PyTorch, Lightning, segmentation-models-pytorch and OpenCV.
    "callbacks/weight_averaging.py",
    "encoders/_utils.py",
    "fabric/loggers/csv_logs.py",
    "losses/_functional.py",
    "losses/dice.py",
    "metrics/functional.py",
    "modules/imgproc/src/resize.cpp",
    "serialization/_base.py",
    "torch/optim/adamw.py",
    "torch/serialization.py",
    // Files that programs write.
    "compare.md",
};

/// Words that stand for any other word in a name such as `kernels/X.hpp`.
const std::set<std::string> kPlaceholders = {"X", "NAME", "foo"};

/// These documents walk through examples whose files the repository does not contain.
bool is_worked_example(const std::string& path) {
  return path.starts_with("docs/adding-an-op") || path.starts_with("docs/course/");
}

struct Line {
  int number;
  std::string text;
};

/// The lines of all comments in C++ or CUDA source. Skips string literals, including raw ones.
std::vector<Line> cpp_comments(const std::string& text) {
  std::vector<Line> comments;
  int number = 1;
  const auto starts = [&](std::size_t i, std::string_view with) {
    return text.compare(i, with.size(), with) == 0;
  };
  const auto take = [&](std::size_t from, std::size_t end) {  // a comment
    for (std::size_t i = from; i < end;) {
      const std::size_t stop = std::min(end, text.find('\n', i));
      comments.push_back({number, text.substr(i, stop - i)});
      if (stop < end) ++number;
      i = stop + 1;
    }
  };
  const auto after = [&](std::size_t found, std::size_t length) {
    return found == std::string::npos ? text.size() : found + length;
  };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (starts(i, "//")) {
      end = after(text.find('\n', i), 0);
      take(i, end);
    } else if (starts(i, "/*")) {
      end = after(text.find("*/", i + 2), 2);
      take(i, end);
    } else {
      if (starts(i, "R\"")) {
        const std::size_t open = text.find('(', i);
        const std::string close = ")" + text.substr(i + 2, open - i - 2) + "\"";
        end = after(text.find(close, open), close.size());
      } else if (text[i] == '"' ||
                 (text[i] == '\'' && (i == 0 || !std::isalnum(text[i - 1])))) {  // not 1'000
        while (end < text.size() && text[end] != text[i] && text[end] != '\n') {
          end += text[end] == '\\' ? 2 : 1;
        }
        ++end;
      }
      end = std::min(end, text.size());
      number += static_cast<int>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                                            text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    }
    i = end;
  }
  return comments;
}

std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t stop = std::min(text.size(), text.find('\n', i));
    lines.push_back({static_cast<int>(lines.size()) + 1, text.substr(i, stop - i)});
    i = stop + 1;
  }
  return lines;
}

/// The comments of CMake, shell and Python source: from a # at the start of a word to the end of
/// the line. Triple-quoted strings count as comments because Python writes documentation there.
std::vector<Line> hash_comments(const std::string& text) {
  std::vector<Line> comments;
  bool in_string = false;
  for (const Line& line : lines_of(text)) {
    bool quoted = in_string;
    for (std::size_t i = 0; (i = line.text.find("\"\"\"", i)) != std::string::npos; i += 3) {
      quoted = true;
      in_string = !in_string;
    }
    std::size_t hash = line.text.find('#');
    while (hash != std::string::npos && hash > 0 && !std::isspace(line.text[hash - 1])) {
      hash = line.text.find('#', hash + 1);
    }
    if (quoted) {
      comments.push_back(line);
    } else if (hash != std::string::npos) {
      comments.push_back({line.number, line.text.substr(hash)});
    }
  }
  return comments;
}

/// The lines to check: all lines of a document, the comments of a source file, none of other files.
std::vector<Line> prose_of(const std::string& path) {
  static const std::set<std::string> kHash = {"cmake", "sh", "py"};
  const bool document = path == "README.md" || (path.starts_with("docs/") &&
                                                path.ends_with(".md") && !is_worked_example(path));
  if (document) return lines_of(fpanet::test::read_source(path));
  if (is_cpp_or_cuda(path)) return cpp_comments(fpanet::test::read_source(path));
  if (kHash.contains(fpanet::test::suffix(path)) || path.ends_with("CMakeLists.txt")) {
    return hash_comments(fpanet::test::read_source(path));
  }
  return {};
}

/// "X.hpp" and "X.cpp" of "X.{hpp,cpp}".
std::vector<std::string> without_braces(const std::string& name) {
  const std::size_t open = name.find('{'), close = name.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {name};
  std::vector<std::string> names;
  for (std::size_t from = open + 1; from <= close;) {
    const std::size_t comma = std::min(name.find(',', from), close);
    const std::string one =
        name.substr(0, open) + name.substr(from, comma - from) + name.substr(close + 1);
    for (const std::string& rest : without_braces(one)) names.push_back(rest);
    from = comma + 1;
  }
  return names;
}

/// True for names with the suffix of a source or document, and for names that end in ".*". Patterns
/// of parameter names end in ".*", too ("fc.*"), so such a name must have a folder or begin with
/// the name of an op.
bool is_file_name(const std::string& name) {
  static const std::set<std::string> kSuffixes = {"cpp", "hpp", "cu",    "cuh", "md",
                                                  "sh",  "py",  "cmake", "txt"};
  static const std::set<std::string> kOps = fpanet::test::op_stems();
  const std::string suffix = fpanet::test::suffix(name), stem = fpanet::test::stem(name);
  if (name.starts_with("//") || stem.empty()) return false;  // of an address, or a suffix alone
  if (suffix != "*") return kSuffixes.contains(suffix);
  return name.find('/') != std::string::npos || !fpanet::test::op_stem_of(stem, kOps).empty();
}

/// The file names in a line. Braces are expanded to one name for each alternative; wildcards stay.
std::vector<std::string> file_names_in(const std::string& line) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i;
    int depth = 0;
    while (end < line.size()) {
      const char c = line[end];
      if (c == '{') ++depth;
      if (c == '}' && depth > 0) --depth;
      const bool inside =
          std::isalnum(c) || std::string_view("_./*+-{}").find(c) != std::string_view::npos;
      if (!inside && !(c == ',' && depth > 0)) break;
      ++end;
    }
    std::string word = line.substr(i, end - i);
    i = end + 1;
    while (word.ends_with('.')) word.pop_back();
    while (word.starts_with("./") || word.starts_with("../")) word.erase(0, word.find('/') + 1);
    for (const std::string& name : without_braces(word)) {
      if (is_file_name(name)) names.push_back(name);
    }
  }
  return names;
}

/// True if the pattern `name` matches all of `path`. A * stands for any characters except a slash.
bool matches(std::string_view name, std::string_view path) {
  if (name.empty()) return path.empty();
  if (name[0] != '*') {
    return !path.empty() && name[0] == path[0] && matches(name.substr(1), path.substr(1));
  }
  for (std::size_t taken = 0; taken <= path.size(); ++taken) {
    if (matches(name.substr(1), path.substr(taken))) return true;
    if (taken < path.size() && path[taken] == '/') return false;
  }
  return false;
}

/// Replaces every placeholder by a *.
std::string with_wildcards(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size();) {
    std::size_t end = i;
    while (end < name.size() && std::isalnum(name[end])) ++end;
    const std::string word = name.substr(i, end - i);
    result += kPlaceholders.contains(word) ? "*" : word;
    if (end < name.size()) result += name[end];
    i = end + 1;
  }
  return result;
}

class FileNames {
 public:
  explicit FileNames(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      names_.insert(path);
      for (std::size_t i = 0; (i = path.find('/', i)) != std::string::npos;) {
        names_.insert(path.substr(++i));
      }
    }
  }

  /// True if `name`, or what it matches as a pattern, is the path of a file or the end of such a
  /// path after a slash.
  bool contain(const std::string& name) const {
    const std::string pattern = with_wildcards(name);
    if (names_.contains(name)) return true;
    if (pattern.find('*') == std::string::npos) return false;
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& known) { return matches(pattern, known); });
  }

 private:
  std::set<std::string> names_;
};

}  // namespace

TEST_CASE("names of files are found in prose, with braces and wildcards") {
  using Names = std::vector<std::string>;
  CHECK(file_names_in("see kernels/relu.*, `docs/a-b.md#c` and (x.{cu,hpp}).") ==
        Names{"kernels/relu.*", "docs/a-b.md", "x.cu", "x.hpp"});
  CHECK(file_names_in("y = a.*b + 1.5, i.e. https://pytorch.org/x.py, e.g. main.c") == Names{});
  CHECK(file_names_in("[course](../docs/gpu.md) ./run.sh") == Names{"docs/gpu.md", "run.sh"});

  const FileNames files({"kernels/relu.cpp", "kernels/cuda/block.hpp", "README.md"});
  for (const char* good : {"relu.cpp", "kernels/relu.*", "cuda/block.hpp", "README.md", "r*.cpp",
                           "kernels/X.cpp", "foo.cpp"}) {
    CHECK_MESSAGE(files.contain(good), good);
  }
  for (const char* bad : {"elu.cpp", "kernels/block.hpp", "kernels/*.hpp", "relu.hpp", "X_a.cpp"}) {
    CHECK_MESSAGE(!files.contain(bad), bad);
  }
}

TEST_CASE("comments are told from code") {
  const auto at = [](const std::vector<Line>& lines, std::size_t i) {
    return std::to_string(lines.at(i).number) + ":" + lines.at(i).text;
  };
  const auto cpp =
      cpp_comments("a(\"//\"); // one\nR\"(// no\n)\"; 1'000; /* two\nthree */ '\"'; //4");
  REQUIRE(cpp.size() == 4);
  CHECK(at(cpp, 0) == "1:// one");
  CHECK(at(cpp, 1) == "3:/* two");
  CHECK(at(cpp, 2) == "4:three */");
  CHECK(at(cpp, 3) == "4://4");
  const auto hash = hash_comments("# a\nx=${y#z} # b\n\"\"\"c\nd\"\"\"\ne");
  REQUIRE(hash.size() == 4);
  CHECK(at(hash, 1) == "2:# b");
  CHECK(at(hash, 2) == "3:\"\"\"c");
  CHECK(at(hash, 3) == "4:d\"\"\"");
}

TEST_CASE("file names in comments and documents exist") {
  const std::vector<std::string> paths = files_below("");
  const FileNames files(paths);
  std::set<std::string> unused = kOthersFiles;
  for (const std::string& path : paths) {
    for (const Line& line : prose_of(path)) {
      for (const std::string& name : file_names_in(line.text)) {
        if (kOthersFiles.contains(name)) {
          unused.erase(name);
          continue;
        }
        CHECK_MESSAGE(files.contain(name), path, ":", line.number, ": there is no file ", name);
      }
    }
  }
  for (const std::string& name : unused) {
    FAIL_CHECK("kOthersFiles lists " << name << ", which nothing names any more");
  }
}
