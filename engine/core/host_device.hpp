#pragma once
// FPANET_HD marks a function that both the host and, compiled by nvcc, a CUDA device call.

#ifdef __CUDACC__
#define FPANET_HD __host__ __device__
#else
#define FPANET_HD
#endif

// FPANET_UNROLL unrolls the loop behind it on a device, FPANET_UNROLL_4 by four: so many loads are
// then under way at a time.
#ifdef __CUDA_ARCH__
#define FPANET_UNROLL _Pragma("unroll")
#define FPANET_UNROLL_4 _Pragma("unroll 4")
#else
#define FPANET_UNROLL
#define FPANET_UNROLL_4
#endif
