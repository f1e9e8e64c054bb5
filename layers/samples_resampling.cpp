#include "layers/concat.hpp"
#include "layers/global_pool.hpp"
#include "layers/max_pool.hpp"
#include "layers/samples.hpp"
#include "layers/upsample2x.hpp"

namespace fpanet::samples {
namespace {

OpSample pool(const std::string& name, const Shape& x, MaxPoolParams params) {
  return {name, {spread("x", x)}, [params](const std::vector<Value>& in) -> std::vector<Value> {
            return {max_pool(in[0], params)};
          }};
}

OpRecord max_pool_record() {
  return {.name = "max_pool",
          .backward_ops = {"max_pool_backward"},
          .samples = {pool("3x3 stride 2", {2, 3, 7, 6}, {3, 2, 1}),
                      pool("2x2 stride 2", {1, 5, 4, 4}, {2, 2, 0}),
                      pool("3x3 stride 1", {1, 17, 4, 3}, {3, 1, 1}),
                      pool("5x5 stride 3", {1, 1, 8, 9}, {5, 3, 2}),
                      pool("stride over gaps", {1, 2, 7, 7}, {2, 3, 0}),
                      pool("one pixel", {1, 1, 1, 1}, {3, 2, 1})},
          .errors = {{[](Graph& g) {
                        max_pool(dummy(g, {1, 2, 3, 9}), {5, 2, 0});
                      },
                      "max_pool: the window is larger than the padded image (x=(1,2,3,9), "
                      "kernel=5, stride=2, padding=0)"},
                     {[](Graph& g) {
                        max_pool(dummy(g, {1, 2, 8, 8}), {3, 2, 2});
                      },
                      "max_pool: padding must be 0 to half the kernel (x=(1,2,8,8), kernel=3, "
                      "stride=2, padding=2)"},
                     {[](Graph& g) {
                        max_pool(dummy(g, {1, 2, 8, 8}), {16, 2, 2});
                      },
                      "max_pool: kernel must be 1 to 15 and stride at least 1 (x=(1,2,8,8), "
                      "kernel=16, stride=2, padding=2)"}}};
}

OpRecord global_pool_record(const std::string& name, Value (*op)(Value)) {
  const auto build = [op](const std::vector<Value>& in) -> std::vector<Value> {
    return {op(in[0])};
  };
  return {.name = name,
          .backward_ops = {name + "_backward"},
          .samples = {{"image", {spread("x", {2, 3, 4, 5})}, build},
                      {"many channels", {spread("x", {1, 67, 3, 2})}, build},
                      {"one pixel", {spread("x", {1, 2, 1, 1})}, build}},
          .errors = {{[op](Graph& g) {
                        op(dummy(g, {2, 3}));
                      },
                      name + ": x=(2,3) is not (N,C,H,W) with sizes of at least 1"}}};
}

OpRecord upsample_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {upsample2x(in[0])};
  };
  return {.name = "upsample2x",
          .backward_ops = {"upsample2x_backward"},
          .samples = {{"image", {real("x", {2, 3, 4, 5})}, build},
                      {"one pixel", {real("x", {1, 1, 1, 1})}, build},
                      {"17 channels", {real("x", {1, 17, 2, 3})}, build}},
          .errors = {{[](Graph& g) {
                        upsample2x(dummy(g, {2, 3, 4}));
                      },
                      "upsample2x: x=(2,3,4) is not (N,C,H,W) with sizes of at least 1"}}};
}

OpRecord upsample_concat_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {upsample2x_concat(in[0], in[1])};
  };
  return {.name = "upsample2x_concat",
          .backward_ops = {"upsample2x_concat_backward"},
          .samples = {{"image", {real("x", {2, 3, 2, 3}), real("skip", {2, 2, 4, 6})}, build},
                      {"17 and 5", {real("x", {1, 17, 1, 2}), real("skip", {1, 5, 2, 4})}, build},
                      {"no gradient for x",
                       {fixed(real("x", {1, 2, 2, 2})), real("skip", {1, 3, 4, 4})},
                       build},
                      {"no gradient for skip",
                       {real("x", {1, 2, 2, 2}), fixed(real("skip", {1, 3, 4, 4}))},
                       build}},
          .errors = {{[](Graph& g) {
                        upsample2x_concat(dummy(g, {1, 2, 3, 4}), dummy(g, {1, 5, 6, 9}));
                      },
                      "upsample2x_concat: skip=(1,5,6,9) f32 must have the images of x=(1,2,3,4) "
                      "f32 at twice the size"}}};
}

OpRecord concat_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {concat(in[0], in[1])};
  };
  return {.name = "concat",
          .backward_ops = {"concat_backward"},
          .samples = {{"image", {real("a", {2, 3, 4, 5}), real("b", {2, 2, 4, 5})}, build},
                      {"one and 17", {real("a", {1, 1, 2, 3}), real("b", {1, 17, 2, 3})}, build},
                      {"no gradient for a",
                       {fixed(real("a", {1, 2, 2, 2})), real("b", {1, 3, 2, 2})},
                       build}},
          .errors = {{[](Graph& g) {
                        concat(dummy(g, {1, 2, 3, 4}), dummy(g, {1, 2, 4, 4}));
                      },
                      "concat: a=(1,2,3,4) f32 and b=(1,2,4,4) f32 must be alike in all but the "
                      "channels"}}};
}

}  // namespace

std::vector<OpRecord> resampling_records() {
  return {max_pool_record(),
          global_pool_record("global_avg_pool", global_avg_pool),
          global_pool_record("global_max_pool", global_max_pool),
          upsample_record(),
          upsample_concat_record(),
          concat_record()};
}

}  // namespace fpanet::samples
