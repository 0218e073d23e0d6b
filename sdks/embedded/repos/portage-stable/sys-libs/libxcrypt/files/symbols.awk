# Makes of lib/libcrypt.map.in the header with the versions of the symbols (-v what=header) or the linker's script
# (-v what=map), for programs that were linked with the C library's own libcrypt. -v floor=VERSION is the oldest version
# that this machine's C library ever had.
# A line says: symbol, default version or "-", older versions. A version with ":vendor" is for that vendor's programs.
/^[#%]/ || !NF { next }
{
	symbol = $1
	seen = ""
	order[++count] = symbol
	newest[symbol] = $2 != "-"
	for (i = 2; i <= NF; i++) {
		version = $i ~ /^GLIBC_/ ? floor : $i
		if (version == "-" || version ~ /:/ || $i ~ /:/ || index(seen, version " "))
			continue
		seen = seen version " "
		global[version] = global[version] "    " symbol ";\n"
	}
	versions[symbol] = seen
}
END {
	what == "map" ? map() : header()
}
function map(    chain, previous, n, i) {
	n = split(floor " XCRYPT_2.0 XCRYPT_4.3 XCRYPT_4.4", chain)
	for (i = 1; i <= n; i++) {
		printf "%s {\n  global:\n%s", chain[i], global[chain[i]]
		print previous ? "} " previous ";" : "  local:\n    *;\n};"
		previous = chain[i]
	}
}
function header(    i, j, n, list, symbol) {
	for (i = 1; i <= count; i++) {
		symbol = order[i]
		n = split(versions[symbol], list)
		printf "#define INCLUDE_%s 1\n#define %s _crypt_%s\n#define SYMVER_%s", symbol, symbol, symbol, symbol
		for (j = 1; j <= n; j++)
			if (j > 1)
				printf "; symver_compat (%d, \"%s\", %s, %s, %s)", j - 1, symbol, symbol, symbol, list[j]
			else
				printf " %s (\"%s\", %s, %s)", newest[symbol] ? "symver_default" : "symver_compat0", symbol, symbol, list[j]
		print ""
	}
}
