#include "engine/weights/match_weights.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "engine/core/join.hpp"
#include "engine/weights/name_map.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

constexpr std::int64_t kImageChannels = 3;
constexpr std::string_view kCounter = ".num_batches_tracked";
constexpr std::string_view kAveraged = "n_averaged";  // of torch.optim.swa_utils.AveragedModel
constexpr std::size_t kMaxProblems = 1000;            // more would not be read

bool is_classifier(std::string_view name) {
  return name == "fc.weight" || name == "fc.bias";
}

/// True if the shapes differ at most in the input channels, of which the file has three.
bool is_adaptable(const std::vector<std::int64_t>& found, const std::vector<std::int64_t>& wanted) {
  return found.size() == 4 && wanted.size() == 4 && found[1] > 0 && found[0] == wanted[0] &&
         found[2] == wanted[2] && found[3] == wanted[3];
}

/// What is wrong with the values of a tensor; empty if nothing is.
std::string value_problem(const std::string& name, const StateEntry& entry) {
  if (const auto at = entry.find_not_finite()) {
    return fmt::format("{} holds {} at element {}, so every prediction would be meaningless", name,
                       at->value, at->element);
  }
  if (name.ends_with(".running_var") && entry.has_negative()) {
    return fmt::format("{} holds a negative variance, so every prediction would be meaningless",
                       name);
  }
  return {};
}

class Matcher {
 public:
  Matcher(const WeightsFile& file, std::span<const WantedTensor> wanted,
          const MatchOptions& options)
      : file_(file), wanted_(wanted), options_(options) {
    for (const WantedTensor& tensor : wanted_) names_.insert(tensor.name);
    std::vector<std::string_view> file_names;
    for (const auto& [name, entry] : file_.tensors) {
      if (!is_left_out(name)) file_names.push_back(name);
    }
    map_ = find_name_map(file_names, names_);
  }

  Match run() {
    assign_file_entries();
    if (found_.empty()) fail_without_a_match();
    for (const WantedTensor& tensor : wanted_) take(tensor);
    if (!problems_.empty()) {
      if (const std::size_t all = problems_.size(); all > kMaxProblems) {
        problems_.resize(kMaxProblems);
        problems_.push_back(fmt::format("and {} more", all - kMaxProblems));
      }
      fail("{} ({}) does not fit the {}:\n  {}", file_.name, file_.container, options_.subject,
           join(problems_, "\n  "));
    }
    return {tensors_, summary()};
  }

 private:
  bool is_left_out(const std::string& name) const {
    return !options_.left_out.empty() && name.starts_with(options_.left_out);
  }

  /// Fills found_. An entry that matches no wanted name is either ignored or reported as
  /// unexpected.
  void assign_file_entries() {
    for (const auto& [name, entry] : file_.tensors) {
      if (is_left_out(name)) {
        ++outside_;
        continue;
      }
      const std::string target = map_(name, names_);
      if (names_.contains(target)) {
        const bool is_new = found_.emplace(target, &entry).second;
        if (!is_new) problems_.push_back(fmt::format("twice: {}, under two prefixes", target));
      } else if (target.empty() || !target.starts_with(options_.part)) {
        ++outside_;
      } else if (without_wrappers(name) == kAveraged) {
        is_averaged_ = true;
      } else if (is_classifier(std::string_view(target).substr(map_.added.size()))) {
        has_classifier_ = true;
      } else {
        problems_.push_back(fmt::format("unexpected: {} {} in the file, not in the {}",
                                        printable(name), shape_text(entry.shape()),
                                        options_.subject));
      }
    }
  }

  void take(const WantedTensor& wanted) {
    const auto found = found_.find(wanted.name);
    if (found == found_.end()) return take_missing(wanted);
    const StateEntry& entry = *found->second;
    if (!options_.kept.empty() && wanted.name.starts_with(options_.kept)) {
      kept_.push_back(fmt::format("{} {} in the file, {} in the {}", wanted.name,
                                  shape_text(entry.shape()), shape_text(wanted.shape),
                                  options_.subject));
      return;
    }
    if (const std::string problem = value_problem(wanted.name, entry); !problem.empty()) {
      problems_.push_back(fmt::format("value: {}", problem));
    } else if (entry.shape() == wanted.shape) {
      tensors_.add(wanted.name, entry);
    } else if (wanted.name == options_.first_conv && is_adaptable(entry.shape(), wanted.shape) &&
               (options_.any_channels || entry.shape()[1] == kImageChannels)) {
      tensors_.add(wanted.name, adapt_first_conv(entry, wanted.shape[1]));
      found_channels_ = entry.shape()[1];
      adapted_channels_ = wanted.shape[1];
    } else {
      problems_.push_back(fmt::format("shape: {} is {} in the file, {} in the {}", wanted.name,
                                      shape_text(entry.shape()), shape_text(wanted.shape),
                                      options_.subject));
    }
  }

  void take_missing(const WantedTensor& wanted) {
    if (wanted.name.ends_with(kCounter)) {
      tensors_.add(wanted.name, StateEntry::scalar(0));
      ++counters_;
    } else if (std::ranges::none_of(options_.optional, [&](const std::string& prefix) {
                 return wanted.name.starts_with(prefix);
               })) {
      problems_.push_back(fmt::format("missing: {} {} in the {}, not in the file", wanted.name,
                                      shape_text(wanted.shape), options_.subject));
    }
  }

  [[noreturn]] void fail_without_a_match() const {
    fail(
        "{} ({}) does not fit the {}: none of its {} tensors is wanted; it has {}, where {} is "
        "wanted",
        file_.name, file_.container, options_.subject, file_.tensors.size(),
        file_.tensors.empty() ? Printable{"no tensor"} : printable(file_.tensors[0].first),
        wanted_.empty() ? "nothing" : wanted_[0].name);
  }

  std::string summary() const {
    std::string text = fmt::format("{} of {} {} tensors from {} ({})", tensors_.size(),
                                   wanted_.size(), options_.subject, file_.name, file_.container);
    if (has_classifier_) text += ", fc.* ignored";
    if (is_averaged_) text += ", averaged weights (n_averaged ignored)";
    if (!file_.note.empty()) text += ", " + file_.note;
    if (const std::string names = map_.description(); !names.empty()) text += ", " + names;
    if (outside_ > 0) text += fmt::format(", {} others ignored", outside_);
    if (counters_ > 0) text += fmt::format(", {} missing num_batches_tracked set to 0", counters_);
    if (adapted_channels_ > 0) {
      text += fmt::format(", first convolution adapted from {} to {} channels", found_channels_,
                          adapted_channels_);
    }
    if (!kept_.empty()) text += ", left out: " + join(kept_, "; ");
    return text;
  }

  const WeightsFile& file_;
  std::span<const WantedTensor> wanted_;
  const MatchOptions& options_;
  NameSet names_;
  NameMap map_;
  std::unordered_map<std::string, const StateEntry*> found_;  ///< by wanted name
  std::vector<std::string> problems_, kept_;
  StateDict tensors_;
  std::int64_t outside_ = 0, counters_ = 0, found_channels_ = 0, adapted_channels_ = 0;
  bool has_classifier_ = false, is_averaged_ = false;
};

}  // namespace

Match match_weights(const WeightsFile& file, std::span<const WantedTensor> wanted,
                    const MatchOptions& options) {
  return Matcher(file, wanted, options).run();
}

StateEntry adapt_first_conv(const StateEntry& weight, std::int64_t channels) {
  const std::vector<float> from = weight.values<float>();
  const std::int64_t outputs = weight.shape()[0], found = weight.shape()[1];
  const std::int64_t area = weight.shape()[2] * weight.shape()[3];
  const auto at = [&](std::int64_t o, std::int64_t c, std::int64_t p) {
    return from[static_cast<std::size_t>((o * found + c) * area + p)];
  };
  const float scale = static_cast<float>(found) / static_cast<float>(channels);
  const auto sum = [&](std::int64_t o, std::int64_t p) {
    float total = at(o, 0, p);
    for (std::int64_t c = 1; c < found; ++c) total += at(o, c, p);
    return total;
  };
  std::vector<float> to;
  to.reserve(static_cast<std::size_t>(outputs * channels * area));
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t p = 0; p < area; ++p) {
        to.push_back(channels == 1 ? sum(o, p) : at(o, c % found, p) * scale);
      }
    }
  }
  return StateEntry::from_values(to, {outputs, channels, weight.shape()[2], weight.shape()[3]});
}

}  // namespace fpanet
