#include "apps/fpanet_predict/inputs.hpp"

#include <array>
#include <fstream>
#include <map>
#include <system_error>

#include "data/folder.hpp"
#include "data/image_format.hpp"
#include "data/raster/raster.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

/// Whether GDAL finds the data by this name without a file of that name: /vsizip/a.zip/b.tif, NETCDF:"a.nc":red.
bool is_name_for_gdal(const std::string& name) {
  return name.starts_with("/vsi") || name.find(':') != std::string::npos;
}

/// Whether the file is in a format that pictures are read from: by its first bytes, or by its name where they tell
/// nothing, so that an empty or damaged picture is called that.
bool is_picture(const fs::path& file) {
  std::array<char, 16> head{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(head.data(), head.size());
  const ImageFormat* format =
      find_format(codec::Bytes(reinterpret_cast<const std::uint8_t*>(head.data()),
                               static_cast<std::size_t>(stream.gcount())));
  if (format == nullptr) format = find_format(file);
  return format != nullptr && format->picture;
}

/// A file name of what GDAL may call NETCDF:"folder/a.nc":red.
std::string plain_name(const std::string& name) {
  std::string plain = fs::path(name).stem().string();
  for (char& c : plain) {
    if (c == ':' || c == '"') c = '_';
  }
  return plain;
}

PredictInput input_of(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    require(is_name_for_gdal(file.string()) && gdal_version(),
            "{}: there is no such picture, raster or folder", file.string());
    return {file, true, plain_name(file.string())};
  }
  return {file, !is_picture(file), file.stem().string()};
}

std::vector<PredictInput> listed(const fs::path& list) {
  std::vector<PredictInput> inputs;
  for (const std::string& line : read_list(list)) {
    const bool as_it_is = is_name_for_gdal(line);
    inputs.push_back(input_of(as_it_is ? fs::path(line) : list.parent_path() / line));
  }
  require(!inputs.empty(), "{}: lists no picture or raster", list.string());
  return inputs;
}

std::vector<PredictInput> in_folder(const fs::path& folder, Console& console) {
  std::vector<PredictInput> inputs;
  std::vector<fs::path> others = list_unread_images(folder);
  if (gdal_version()) {
    for (const fs::path& file : others) inputs.push_back(input_of(file));
    others.clear();
  }
  if (!others.empty()) {
    std::vector<std::string> names;
    for (const fs::path& file : others) names.push_back(file.filename().string());
    console.warning(
        "no prediction for {} files in a format that this build does not read: {}; convert them, "
        "or build with GDAL (scripts/install_dependencies.sh --with gdal)",
        others.size(), join(names, ", "));
  }
  const bool rasters_only = !inputs.empty() && !has_images(folder);
  if (!rasters_only) {
    for (const fs::path& file : list_images(folder)) inputs.push_back(input_of(file));
  }
  return inputs;
}

}  // namespace

std::vector<PredictInput> find_inputs(const fs::path& image, Console& console) {
  std::error_code error;
  std::vector<PredictInput> inputs;
  if (fs::is_directory(image, error)) {
    inputs = in_folder(image, console);
  } else if (image.extension() == ".txt" && fs::exists(image, error)) {
    inputs = listed(image);
  } else {
    inputs.push_back(input_of(image));
  }
  std::map<std::string, fs::path> seen;
  for (const PredictInput& input : inputs) {
    const auto [other, is_new] = seen.emplace(input.name, input.file);
    require(is_new, "{} and {} would both be written as {}_labels; rename one",
            other->second.string(), input.file.string(), input.name);
  }
  return inputs;
}

}  // namespace fpanet
