// Command zonelist writes the names of the IANA time zones that Go's own zone
// archive holds into zones.txt, one a line, sorted. Package calling embeds the
// list.
package main

import (
	"archive/zip"
	"context"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		log.Fatal("ask go for its folder: ", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		log.Fatal("open the zone archive: ", err)
	}
	defer func() { _ = archive.Close() }()
	var names []string
	for _, f := range archive.File {
		// Factory is the database's placeholder for "not set": nobody lives there.
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	if err := os.WriteFile("zones.txt", []byte(strings.Join(names, "\n")+"\n"), 0o600); err != nil {
		log.Fatal("write the list: ", err)
	}
}
