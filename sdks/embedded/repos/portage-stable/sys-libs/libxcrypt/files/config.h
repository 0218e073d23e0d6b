/* What configure finds out with this SDK's compiler and C library. */
#define HAVE_ARC4RANDOM_BUF 1
#define HAVE_ENDIAN_H 1
#define HAVE_EXPLICIT_BZERO 1
#define HAVE_FCNTL_H 1
#define HAVE_FUNC_ATTRIBUTE_SYMVER 1
#define HAVE_GETENTROPY 1
#define HAVE_GETRANDOM 1
#define HAVE_MAX_ALIGN_T 1
#define HAVE_STATIC_ASSERT_IN_ASSERT_H 1
#define HAVE_SYMVER 1
#define HAVE_SYSCALL 1
#define HAVE_SYS_CDEFS_H 1
#define HAVE_SYS_CDEFS_THROW 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_SYS_RANDOM_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_SYSCALL_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define ENABLE_FAILURE_TOKENS 1
#define ENABLE_OBSOLETE_API 1
#define ENABLE_OBSOLETE_API_ENOSYS 0
#define ENDIANNESS_IS_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#define ENDIANNESS_IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define ENDIANNESS_IS_PDP 0
#define alignas(n) _Alignas (n)
#define alignof(thing) _Alignof (thing)
