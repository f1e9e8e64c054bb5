#pragma once
// FPANET_HD marks a function that the host calls and, when compiled by nvcc, a CUDA device too.

#ifdef __CUDACC__
#define FPANET_HD __host__ __device__
#else
#define FPANET_HD
#endif

// On a device, FPANET_UNROLL unrolls the loop that follows it and FPANET_UNROLL_4 unrolls it by
// four, so that several loads are in flight at once.
#ifdef __CUDA_ARCH__
#define FPANET_UNROLL _Pragma("unroll")
#define FPANET_UNROLL_4 _Pragma("unroll 4")
#else
#define FPANET_UNROLL
#define FPANET_UNROLL_4
#endif
