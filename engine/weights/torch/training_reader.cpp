#include "engine/weights/torch/training_reader.hpp"

#include <initializer_list>

#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

using pickle::Dict;
using pickle::find;
using pickle::List;
using pickle::Object;

/// Reads typed members of a dict; `what` denotes the dict in messages.
class Members {
 public:
  Members(TorchFile& file, const Dict& dict, std::string what)
      : file_(file), dict_(dict), what_(std::move(what)) {
    constexpr std::size_t kSearches = 8;  // about as many members are looked up
    file_.heap().charge(kSearches * sizeof(dict.items[0]) * dict.items.size());
  }

  const Object& get(std::string_view key) const {
    const Object* object = find(dict_, key);
    require(object != nullptr, "{}: {} has no {}", file_.name(), what_, key);
    return *object;
  }

  template <class T>
  const T& as(std::string_view key) const {
    const T* value = get(key).as<T>();
    require(value != nullptr, "{}: {} of {} is {}", file_.name(), key, what_, kind_of(get(key)));
    return *value;
  }

  StateEntry tensor(std::string_view key) const {
    const auto* view = tensor_of(get(key));
    require(view != nullptr, "{}: {} of {} is {}, not a tensor", file_.name(), key, what_,
            kind_of(get(key)));
    return file_.entry(*view, fmt::format("{} of {}", key, what_));
  }

  /// A Python number or a tensor of one element.
  double number(std::string_view key) const {
    const Object& object = get(key);
    if (const auto* real = object.as<double>()) return *real;
    if (const auto* integer = object.as<std::int64_t>()) return static_cast<double>(*integer);
    const auto values = tensor(key).values<double>();
    require(values.size() == 1, "{}: {} of {} has {} elements", file_.name(), key, what_,
            values.size());
    return values[0];
  }

  std::int64_t integer(std::string_view key) const {
    const double value = number(key);
    const bool whole = value >= 0 && value < 0x1p53 &&
                       value == static_cast<double>(static_cast<std::int64_t>(value));
    require(whole, "{}: {} of {} is {}, not a count", file_.name(), key, what_, value);
    return static_cast<std::int64_t>(value);
  }

  std::string text(std::string_view key) const { return std::string(as<std::string_view>(key)); }

 private:
  TorchFile& file_;
  const Dict& dict_;
  std::string what_;
};

/// Follows `keys` through nested dicts; nullptr if one of them is missing.
const Dict* find_dict(const Dict& root, std::initializer_list<std::string_view> keys) {
  const Dict* dict = &root;
  for (const std::string_view key : keys) {
    const Object* member = find(*dict, key);
    dict = member == nullptr ? nullptr : member->as<Dict>();
    if (dict == nullptr) return nullptr;
  }
  return dict;
}

/// The counter `state` ("ready", "processed") of the fit loop's current progress `name`; nullopt if
/// the checkpoint does not have it.
std::optional<std::int64_t> count(TorchFile& file, const Dict& root, std::string_view name,
                                  std::string_view state) {
  const Dict* current = find_dict(root, {"loops", "fit_loop", name, "current"});
  if (current == nullptr) return std::nullopt;
  return Members(file, *current, fmt::format("the progress {}", name)).integer(state);
}

bool at_end_of_epoch(const Dict& root) {
  const Dict* progress = find_dict(root, {"loops", "fit_loop", "epoch_loop.batch_progress"});
  const Object* last = progress == nullptr ? nullptr : find(*progress, "is_last_batch");
  return last == nullptr || last->as<bool>() == nullptr || *last->as<bool>();
}

void read_epochs(TorchFile& file, const Dict& root, std::int64_t epoch, TrainingState& training) {
  training.train_batches = count(file, root, "epoch_loop.batch_progress", "processed").value_or(0);
  training.validation_batches =
      count(file, root, "epoch_loop.val_loop.batch_progress", "processed").value_or(0);
  // `epoch` is the epoch that was running, or the next one if fit() had returned, whereas the
  // counters of the loop are always right. After validation, an epoch is over but not yet counted
  // as processed.
  if (at_end_of_epoch(root)) {
    training.epochs_done = count(file, root, "epoch_progress", "ready").value_or(epoch + 1);
  } else {
    training.epochs_done = count(file, root, "epoch_progress", "processed").value_or(epoch);
    training.batches_into_epoch = training.train_batches;
    training.train_batches = 0;
  }
}

const Dict& only_dict_of(const List& list, const TorchFile& file, std::string_view what) {
  const Dict* dict = list.items.size() == 1 ? list.items[0]->as<Dict>() : nullptr;
  require(dict != nullptr, "{}: {} {} where one dict is read", file.name(), list.items.size(),
          what);
  return *dict;
}

void read_group(TorchFile& file, const Dict& dict, OptimizerState& optimizer) {
  const Members group(file, dict, "the parameter group");
  require(find(dict, "betas") != nullptr,
          "{}: its optimizer is not AdamW: the parameter group has no betas", file.name());
  const auto& betas = group.as<pickle::Tuple>("betas").items;
  require(
      betas.size() == 2 && betas[0]->as<double>() != nullptr && betas[1]->as<double>() != nullptr,
      "{}: betas of the parameter group are not two numbers", file.name());
  optimizer.lr = group.number("lr");
  optimizer.beta1 = *betas[0]->as<double>();
  optimizer.beta2 = *betas[1]->as<double>();
  optimizer.eps = group.number("eps");
  optimizer.weight_decay = group.number("weight_decay");
  optimizer.amsgrad = group.as<bool>("amsgrad");
  // Newer versions of PyTorch have these two.
  if (find(dict, "maximize") != nullptr) optimizer.maximize = group.as<bool>("maximize");
  if (find(dict, "decoupled_weight_decay") != nullptr) {
    optimizer.decoupled_weight_decay = group.as<bool>("decoupled_weight_decay");
  }
  optimizer.parameters = static_cast<std::int64_t>(group.as<List>("params").items.size());
}

OptimizerState read_optimizer(TorchFile& file, const Dict& dict) {
  OptimizerState optimizer;
  const Members state(file, dict, "the optimizer state");
  read_group(file, only_dict_of(state.as<List>("param_groups"), file, "parameter groups"),
             optimizer);
  for (const auto& [key, value] : state.as<Dict>("state").items) {
    const auto* index = key->as<std::int64_t>();
    const Dict* moments = value->as<Dict>();
    require(index != nullptr && moments != nullptr && *index >= 0 && *index < optimizer.parameters,
            "{}: the optimizer state has an entry that belongs to no parameter", file.name());
    const Members members(file, *moments, fmt::format("optimizer state {}", *index));
    const bool is_new =
        optimizer.moments
            .emplace(*index, AdamMoments{members.integer("step"), members.tensor("exp_avg"),
                                         members.tensor("exp_avg_sq")})
            .second;
    require(is_new, "{}: two optimizer states belong to parameter {}", file.name(), *index);
  }
  return optimizer;
}

/// The value of `member` in a callback's key, "EarlyStopping{'monitor': 'val/Loss', 'mode': 'min'}";
/// empty if it is None or absent.
std::string member_of_key(std::string_view key, std::string_view member) {
  const std::string before = fmt::format("'{}': '", member);
  const std::size_t at = key.find(before);
  if (at == key.npos) return {};
  const std::string_view rest = key.substr(at + before.size());
  return printable(rest.substr(0, rest.find('\''))).str();
}

struct Callback {
  const Dict* state = nullptr;
  MonitorState watched;
};

/// The callback whose key begins with `name`; of several, the one that watches what is watched here.
Callback find_callback(const Dict& root, std::string_view name) {
  const Object* callbacks = find(root, "callbacks");
  const Dict* dict = callbacks == nullptr ? nullptr : callbacks->as<Dict>();
  Callback found;
  if (dict == nullptr) return found;
  for (const auto& [key, value] : dict->items) {
    const auto* text = key->as<std::string_view>();
    if (text == nullptr || !text->starts_with(name) || value->as<Dict>() == nullptr) continue;
    const MonitorState watched{member_of_key(*text, "monitor"), member_of_key(*text, "mode")};
    if (watched == MonitorState{} || found.state == nullptr) found = {value->as<Dict>(), watched};
    if (watched == MonitorState{}) break;
  }
  return found;
}

}  // namespace

bool is_lightning(const Dict& root) {
  return find(root, "state_dict") != nullptr && find(root, "epoch") != nullptr &&
         find(root, "global_step") != nullptr;
}

TrainingState read_training_state(TorchFile& file, const Dict& root) {
  TrainingState training;
  const Members members(file, root, "the checkpoint");
  training.global_step = members.integer("global_step");
  read_epochs(file, root, members.integer("epoch"), training);
  if (find(root, "pytorch-lightning_version") != nullptr) {
    training.lightning_version = members.text("pytorch-lightning_version");
  }
  if (find(root, "optimizer_states") != nullptr) {
    const List& states = members.as<List>("optimizer_states");
    if (!states.items.empty()) {
      training.optimizer = read_optimizer(file, only_dict_of(states, file, "optimizer states"));
    }
  }
  if (find(root, "lr_schedulers") != nullptr) {
    const List& schedulers = members.as<List>("lr_schedulers");
    training.lr_schedulers = static_cast<std::int64_t>(schedulers.items.size());
  }
  if (const Callback callback = find_callback(root, "EarlyStopping"); callback.state != nullptr) {
    const Members state(file, *callback.state, "EarlyStopping");
    training.early_stopping = {.wait_count = state.integer("wait_count"),
                               .stopped_epoch = state.integer("stopped_epoch"),
                               .patience = state.integer("patience"),
                               .best_score = state.number("best_score"),
                               .watched = callback.watched};
  }
  if (const Callback callback = find_callback(root, "ModelCheckpoint"); callback.state != nullptr) {
    const Members state(file, *callback.state, "ModelCheckpoint");
    // There is no best score if no value is monitored or none has been measured yet.
    if (state.get("best_model_score").as<pickle::None>() == nullptr) {
      training.model_checkpoint = {.best_score = state.number("best_model_score"),
                                   .current_score = state.number("current_score"),
                                   .best_path = state.text("best_model_path"),
                                   .folder = state.text("dirpath"),
                                   .watched = callback.watched};
    }
  }
  return training;
}

}  // namespace fpanet
