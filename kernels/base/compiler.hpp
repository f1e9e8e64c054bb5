#pragma once
// What compilers say differently. Everything else in the project is standard C++, attributes that GCC and clang share,
// and _Pragma("omp ..."); outside of this file no pragma names a compiler but to silence a warning.

/// FPANET_TARGET_BEGIN("avx2,fma") to FPANET_TARGET_END: the functions in between are compiled for processors that have
/// these instructions. Standard headers are included before, so that none of their inline functions is.
#define FPANET_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
// clang applies the attribute to instances of standard templates, too, and says that it ignores it there.
#define FPANET_TARGET_BEGIN(isa)                                                                \
  _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wignored-attributes\"") \
      FPANET_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define FPANET_TARGET_END _Pragma("clang attribute pop") _Pragma("clang diagnostic pop")
#else
#define FPANET_TARGET_BEGIN(isa) _Pragma("GCC push_options") FPANET_PRAGMA(GCC target(isa))
#define FPANET_TARGET_END _Pragma("GCC pop_options")
#endif

/// Before a loop whose trip count is at most `count` and known to the compiler: it is unrolled as a whole.
#if defined(__clang__)
#define FPANET_UNROLL_UP_TO(count) FPANET_PRAGMA(clang loop unroll_count(count))
#else
#define FPANET_UNROLL_UP_TO(count) FPANET_PRAGMA(GCC unroll count)
#endif

/// The lanes of a vector in another order: FPANET_SHUFFLED(v, 1, 0) of two lanes.
#if defined(__clang__) || __GNUC__ >= 12
#define FPANET_SHUFFLED(vector, ...) __builtin_shufflevector(vector, vector, __VA_ARGS__)
#else
#define FPANET_SHUFFLED(vector, ...) \
  __builtin_shuffle(vector, decltype((vector) < (vector)){__VA_ARGS__})
#endif
