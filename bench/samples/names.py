"""Given names and surnames that fictional people are put together from."""

GIVEN = tuple("""
Adaeze Aisha Alasdair Amara Anil Anneliese Arjun Bethan Beatrix Callum Carys Chidi Clementine Dafydd Deepa Dominika
Efua Eilidh Elspeth Emeka Farah Fergus Fatima Gethin Gwen Hamza Harriet Hiroko Idris Imogen Ines Isobel Jamal Joanna
Kasia Kofi Kwame Leila Llinos Lorcan Magda Malik Marcus Meera Mhairi Nadia Niamh Nkechi Olufemi Ottilie Pavel Perpetua
Priya Rashid Rhian Rosalind Ruairi Samira Shanice Sunita Tamsin Tariq Temperance Tobias Uzma Verity Wanda Yusuf Zainab
""".split())  # noqa: SIM905 - readable as words

SURNAMES = tuple("""
Achterberg Adeyemi-Holt Ashgrove Balakrishnan Barrowclough Birchenough Blackwater Brambleby Chaudhri Cholmondeston
Copperfield Craddockson Damodaran Dunnottar Eberhardtson Fairweather-Lowe Featherstonehaugh Fernsby Gallowhill
Greenacre-Obi Gupwell Hargreavesson Haverthwaite Hollowbrook Ibekwe-Stone Iddenden Jankowiakson Jellicoe-Rao Kestrelby
Kirkbeckston Lanyonson Larkhillier Llewelyn-Abara Longbottomley Mackintoshay Merriwick Mistry-Vale Mossthwaite
Nightingall Northcoteson Oakenshaw Olatunji-Wren Pemberwick Penhaligonson Quillfeather Quimbyson Rainsforth Ravenscar
Redfernley Saltmarsh Shackletonby Skylarker Stonebridgeman Sundaramson Tangleweather Thistlewood Throckmorley Umpleby
Underhillson Vanderholt Venkataby Wainthropp Wetherbeck Whinfell Wolstenby Yarrowdale Yaxleyson Zebrowskison
""".split())  # noqa: SIM905 - readable as words
