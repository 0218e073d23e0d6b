# Makes of lib/hashes.conf the header with the table of all methods. A line says: name, prefix or ":", random bytes, flags.
/^#/ || !NF { next }
{
	prefix = $2 == ":" ? "" : $2
	print "#define INCLUDE_" $1 " 1"
	printf "#define crypt_%s_rn _crypt_crypt_%s_rn\n#define gensalt_%s_rn _crypt_gensalt_%s_rn\n", $1, $1, $1, $1
	printf "extern void crypt_%s_rn (const char *, size_t, const char *, size_t, uint8_t *, size_t, void *, size_t);\n", $1
	printf "extern void gensalt_%s_rn (unsigned long, const uint8_t *, size_t, uint8_t *, size_t);\n", $1
	# No prefix is the beginning of another, except the empty one, which is the last.
	table = table sprintf("  { \"%s\", %d, crypt_%s_rn, gensalt_%s_rn, %d, %d }, \\\n",
		prefix, length(prefix), $1, $1, $3, $4 ~ /(^|,)STRONG(,|$)/)
	if (!best && $4 ~ /(^|,)DEFAULT(,|$)/)
		best = prefix
}
END {
	print "#define HASH_ALGORITHM_TABLE_ENTRIES \\\n" table "  { 0, 0, 0, 0, 0, 0 }"
	print "#define HASH_ALGORITHM_DEFAULT \"" best "\""
}
