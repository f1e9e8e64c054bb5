// The documents as one book: every link leads somewhere, the contents list every page, every page
// says what it needs and how long it takes, and every derivation is named by a header.

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace fs = std::filesystem;

namespace {

using fpanet::test::files_below;
using fpanet::test::read_source;
using fpanet::test::suffix;

const std::string kContents = "docs/README.md";

/// The lines of Markdown outside fenced blocks.
std::vector<std::string> prose_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  bool fenced = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      fenced = !fenced;
    } else if (!fenced) {
      lines.push_back(line);
    }
  }
  return lines;
}

/// The anchor that GitHub gives a heading: lower case, punctuation dropped, spaces as hyphens.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') {
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

std::set<std::string> anchors_of(const std::string& text) {
  static const std::regex kHeading("#+ +(.*?) *");
  std::set<std::string> anchors;
  std::map<std::string, int> seen;
  std::smatch match;
  for (const std::string& line : prose_lines(text)) {
    if (!std::regex_match(line, match, kHeading)) continue;
    const std::string anchor = anchor_of(match[1]);
    const int times = seen[anchor]++;
    anchors.insert(times == 0 ? anchor : anchor + "-" + std::to_string(times));
  }
  return anchors;
}

/// The targets of [text](target) and ![text](target), without addresses of other sites.
std::vector<std::string> local_links(const std::string& text) {
  static const std::regex kLink("\\]\\(([^)\\s]+)\\)");
  std::vector<std::string> links;
  for (const std::string& line : prose_lines(text)) {
    for (std::sregex_iterator link(line.begin(), line.end(), kLink), end; link != end; ++link) {
      const std::string target = (*link)[1];
      if (target.find("://") == std::string::npos) links.push_back(target);
    }
  }
  return links;
}

std::vector<std::string> pages() {
  std::vector<std::string> found = {"README.md"};
  for (const std::string& path : files_below("docs")) {
    if (suffix(path) == "md") found.push_back(path);
  }
  return found;
}

std::vector<std::string> pages_in(const std::string& folder) {
  std::vector<std::string> found;
  for (const std::string& path : pages()) {
    if (path.starts_with(folder)) found.push_back(path);
  }
  return found;
}

/// Why a link from a file in `folder` leads nowhere; "" if it leads somewhere.
std::string broken(const fs::path& folder, const std::string& target) {
  const std::size_t hash = target.find('#');
  const std::string file = target.substr(0, hash);
  const std::string path = (folder / file).lexically_normal().generic_string();
  if (!fs::exists(fs::path(FPANET_SOURCE) / path)) return "there is no file " + path;
  if (hash == std::string::npos || suffix(path) != "md") return "";
  const std::string anchor = target.substr(hash + 1);
  return anchors_of(read_source(path)).contains(anchor) ? "" : path + " has no heading #" + anchor;
}

/// The text of a page without fenced blocks, on one line.
std::string text_outside_fences(const std::string& page) {
  std::string prose;
  for (const std::string& line : prose_lines(read_source(page))) prose += line + ' ';
  return prose;
}

struct Minutes {
  int reading, exercise;
};

/// From the line "*Needs: ... Time: N minutes, and M for the exercise.*".
std::optional<Minutes> stated_minutes(const std::string& page) {
  static const std::regex kFacts(
      "\\*Needs: [^*]*Time: ([0-9]+) minutes(, and ([0-9]+) for the exercise)?\\.\\*");
  const std::string prose = text_outside_fences(page);
  // Only the statement meets the expression: std::regex takes stack for each character.
  const std::size_t begin = std::min(prose.find("*Needs: "), prose.size());
  const std::string statement = prose.substr(begin, prose.find(".*", begin) + 2 - begin);
  std::smatch facts;
  if (!std::regex_match(statement, facts, kFacts)) return std::nullopt;
  return Minutes{std::stoi(facts[1]), facts[3].matched ? std::stoi(facts[3]) : 0};
}

struct Derivation {
  std::string header, target;
};

/// The lines "// Derivation: PAGE" of headers.
std::vector<Derivation> named_derivations() {
  static const std::regex kLine("^// Derivation: (\\S+)$");
  std::vector<Derivation> found;
  for (const std::string& path : files_below("")) {
    if (suffix(path) != "hpp") continue;
    std::istringstream text(read_source(path));
    std::smatch match;
    for (std::string line; std::getline(text, line);) {
      if (std::regex_match(line, match, kLine)) found.push_back({path, match[1]});
    }
  }
  return found;
}

}  // namespace

TEST_CASE("anchors are those of GitHub") {
  CHECK(anchor_of("The rest of the step") == "the-rest-of-the-step");
  CHECK(anchor_of("`softmax_dice`, fused: why?") == "softmax_dice-fused-why");
  CHECK(anchors_of("# A b\n```sh\n# no heading\n```\n## A b\n") ==
        std::set<std::string>{"a-b", "a-b-1"});
}

TEST_CASE("links are found, addresses of other sites are not") {
  CHECK(local_links("[a](b.md#c) and ![d](../e.svg), [f](https://g.h/i.md)\n```\n[j](k)\n```\n") ==
        std::vector<std::string>{"b.md#c", "../e.svg"});
}

TEST_CASE("links between documents lead to a file and a heading") {
  int checked = 0;
  for (const std::string& page : pages()) {
    for (const std::string& target : local_links(read_source(page))) {
      const bool same_page = target.starts_with('#');
      const std::string why = broken(same_page ? fs::path() : fs::path(page).parent_path(),
                                     same_page ? page + target : target);
      CHECK_MESSAGE(why.empty(), page, ": the link to ", target, " is broken: ", why);
      ++checked;
    }
  }
  CHECK(checked > 40);
}

TEST_CASE("headers name derivations that exist") {
  std::set<std::string> used;
  for (const Derivation& named : named_derivations()) {
    const std::string& header = named.header;
    const std::string& target = named.target;
    const std::string why = broken("", target);
    CHECK_MESSAGE(why.empty(), header, ": the derivation ", target, " is missing: ", why);
    used.insert(target.substr(0, target.find('#')));
  }
  for (const std::string& page : pages_in("docs/derivations/")) {
    CHECK_MESSAGE(used.contains(page), page,
                  " is named by no header: add a line \"// Derivation: ", page, "\"");
  }
}

TEST_CASE("pages say what they need and how long they take, at most ten minutes") {
  constexpr int kWordsPerMinute = 200, kMostMinutes = 10;
  for (const std::string& page : pages_in("docs/")) {
    if (page == kContents) continue;
    const std::optional<Minutes> minutes = stated_minutes(page);
    CHECK_MESSAGE(minutes, page, " lacks the line \"*Needs: ... Time: N minutes.*\"");
    if (!minutes) continue;
    CHECK_MESSAGE(minutes->reading <= kMostMinutes, page, ": split it, ", minutes->reading,
                  " minutes are too long");
    std::istringstream words(text_outside_fences(page));
    int count = 0;
    for (std::string word; words >> word;) ++count;
    CHECK_MESSAGE(count <= minutes->reading * kWordsPerMinute, page, ": ", count,
                  " words take more than ", minutes->reading, " minutes");
  }
}

TEST_CASE("the contents page gives the times that the pages state") {
  static const std::regex kRow("\\| \\[.*?\\]\\((.+?)\\).* ([0-9]+) minutes \\|");
  int rows = 0;
  std::smatch row;
  for (const std::string& line : prose_lines(read_source(kContents))) {
    if (!std::regex_match(line, row, kRow) || row[1] == "../README.md") continue;
    const std::string page = "docs/" + row[1].str();
    const std::optional<Minutes> minutes = stated_minutes(page);
    if (!minutes) continue;  // reported above
    const int stated = minutes->reading + minutes->exercise;
    CHECK_MESSAGE(std::stoi(row[2]) == stated, kContents, ": ", page, " states ", stated,
                  " minutes, not ", row[2].str());
    ++rows;
  }
  CHECK(rows > 30);
}

TEST_CASE("the contents page lists every page") {
  std::set<std::string> listed;
  for (const std::string& target : local_links(read_source(kContents))) {
    listed.insert((fs::path("docs") / target.substr(0, target.find('#')))
                      .lexically_normal()
                      .generic_string());
  }
  for (const std::string& page : pages()) {
    if (page == "README.md" || page == kContents) continue;
    CHECK_MESSAGE(listed.contains(page), "docs/README.md does not list ", page);
  }
}
