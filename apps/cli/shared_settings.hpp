#pragma once
// The settings that several programs share, so that they have the same meaning and accept the same
// values everywhere.

#include <cstdint>
#include <string>

#include "apps/cli/settings.hpp"
#include "data/mask.hpp"

namespace fpanet {

void add_data(Settings& settings, std::string* data,
              std::string help);  ///< DIR | FILE.csv | synthetic[:COUNT]
void add_protocol(Settings& settings, std::string* protocol);    ///< clean | notebook
void add_mask_policy(Settings& settings, std::string* policy);   ///< auto | names of MaskPolicy
void add_device(Settings& settings, std::string* device);        ///< auto | cpu | cuda[:i]
void add_precision(Settings& settings, std::string* precision);  ///< fp32 | tf32 | bf16 | fp64
void add_threads(Settings& settings, std::int64_t* threads);     ///< 0: all
void add_deterministic(Settings& settings, bool* deterministic);
/// "4" or "4,3,2"; `standard` is what --help says if the variable is empty.
void add_bands(Settings& settings, std::string* bands, std::string standard = "");
/// "auto" or "LOW,HIGH"; likewise.
void add_scale(Settings& settings, std::string* scale, std::string standard = "");
void add_show_bands(Settings& settings, std::string* show_bands);
void add_tta(Settings& settings, std::string* tta);  ///< none | flips | d4
void add_cache(Settings& settings, bool* cache);

/// The values that --data accepts.
inline constexpr const char* kDataAccepted =
    "a folder with *_sat.jpg, *_mask.png and class_dict.csv, a folder or a list (FILE.csv with the "
    "columns image,mask) of rasters, or synthetic[:COUNT], COUNT up to 1000000";

/// The policy that --mask-policy selects together with --protocol.
MaskPolicy resolve_mask_policy(const std::string& policy, const std::string& protocol);

/// The file name in a FILE|none setting; empty for none.
std::string file_or_none(const std::string& text);

}  // namespace fpanet
