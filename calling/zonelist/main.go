// Command zonelist writes what package calling embeds of time zones: into
// zones.txt the names that Go's own zone archive holds, one a line, sorted; into
// zoneoptions.txt the zones to choose from, each with its links and countries.
//
// Countries come from zone.tab and iso3166.tab beside this file, which are the
// IANA time zone database's and in the public domain. Links are told by their
// content: the archive holds them as copies.
package main

import (
	"archive/zip"
	"context"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	zones := readArchive()
	write("zones.txt", slices.Sorted(maps.Keys(zones)))
	write("zoneoptions.txt", options(zones, readCountries()))
}

// readArchive returns the content of every zone by its name.
func readArchive() map[string]string {
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		log.Fatal("ask go for its folder: ", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		log.Fatal("open the zone archive: ", err)
	}
	defer func() { _ = archive.Close() }()
	zones := map[string]string{}
	for _, f := range archive.File {
		// Factory is the database's placeholder for "not set": nobody lives there.
		if strings.HasSuffix(f.Name, "/") || f.Name == "Factory" {
			continue
		}
		file, err := f.Open()
		if err != nil {
			log.Fatal("open a zone: ", err)
		}
		content, err := io.ReadAll(file)
		if err != nil {
			log.Fatal("read a zone: ", err)
		}
		zones[f.Name] = string(content)
	}
	return zones
}

// readCountries returns the names of each zone's countries.
func readCountries() map[string][]string {
	names := map[string]string{}
	for _, fields := range table("zonelist/iso3166.tab") {
		names[fields[0]] = fields[1]
	}
	countries := map[string][]string{}
	for _, fields := range table("zonelist/zone.tab") {
		countries[fields[2]] = append(countries[fields[2]], names[fields[0]])
	}
	return countries
}

func table(path string) [][]string {
	text, err := os.ReadFile(path) //nolint:gosec // one of the two beside this file
	if err != nil {
		log.Fatal("read a table: ", err)
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.Split(strings.TrimSpace(line), "\t"))
		}
	}
	return lines
}

// options returns a line for each zone to choose, all separated by tabs: its
// name, and what else it is found by. Zones of a country are chosen by their own
// name. Others are links to the first zone with their content, the shortest name
// being chosen where no country has one.
func options(zones map[string]string, countries map[string][]string) []string {
	chosen := map[string]string{} // by content
	aliases := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		if len(countries[name]) == 0 {
			continue
		}
		aliases[name] = nil
		if _, known := chosen[zones[name]]; !known {
			chosen[zones[name]] = name
		}
	}
	rest := slices.SortedFunc(maps.Keys(zones), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	for _, name := range slices.Insert(rest, 0, "UTC") {
		if _, known := aliases[name]; known {
			continue
		}
		if to, known := chosen[zones[name]]; known {
			if to != name && !slices.Contains(aliases[to], name) {
				aliases[to] = append(aliases[to], name)
			}
			continue
		}
		chosen[zones[name]], aliases[name] = name, nil
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		slices.Sort(aliases[name])
		lines = append(lines, strings.Join(append(append([]string{name}, aliases[name]...), countries[name]...), "\t"))
	}
	return lines
}

func write(path string, lines []string) {
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		log.Fatal("write the list: ", err)
	}
}
